// The page of one user: status and today's hours on top, then a card for each thing to change.

import { useEffect, useState } from 'preact/hooks';
import type { Permission, User, WorkingHours } from '../../../shared/people';
import { hasPermission } from '../../state/people';
import { settingsFragment } from '../../state/route';
import { Failed, Loading } from '../form/states';
import { useSettings } from './context';
import { HoursForm } from './hours-form';
import { PageHead } from './page-head';
import { SkillsForm } from './skills-form';
import { TicketsOfUser } from './ticket-limit';
import { UserActivity } from './user-activity';
import { UserForm } from './user-form';
import { UserStatus } from './user-status';

type Loaded = WorkingHours | 'loading' | 'failed';

export function UserPage({ user }: { user: User }) {
  const { rest, me, may, reload } = useSettings();
  const [hours, setHours] = useState<Loaded>('loading');
  const load = async (): Promise<void> => {
    const answer = await rest.hours(user.id);
    setHours(answer.kind === 'ok' ? answer.value : 'failed');
  };
  useEffect(() => void load(), [user.id]);
  const own = user.id === me?.id;
  const known = typeof hours === 'string' ? null : hours;
  return (
    <>
      <PageHead
        title={own ? `${user.name} (you)` : user.name}
        back={{ href: settingsFragment('users'), name: 'Users' }}
      >
        <span dir="ltr">{user.email}</span>
      </PageHead>
      <UserStatus user={user} hours={known} mayEditHours={own || may('super_admin')} />
      <UserForm user={user} />
      <TicketsOfUser user={user} locked={isLocked(user, may)} />
      {hours === 'loading' && <Loading />}
      {hours === 'failed' && (
        <Failed text="The working hours could not be loaded." onAgain={() => void load()} />
      )}
      {known !== null && (
        <HoursForm
          hours={known}
          lockedFor={
            own || may('super_admin')
              ? null
              : 'Only a super admin and the user can change working hours.'
          }
          save={async (next) => {
            const answer = await rest.setHours(user.id, next);
            if (answer.kind === 'ok') setHours(answer.value);
            return answer;
          }}
        />
      )}
      <SkillsForm
        held={user.skills}
        lockedFor={skillsLock(user, may('super_admin'))}
        save={async (held) => {
          const answer = await rest.setSkills(user.id, held);
          if (answer.kind === 'ok') await reload();
          return answer;
        }}
      />
      {may('users') && !own && <UserActivity user={user} />}
    </>
  );
}

/** PERM-10; a super admin is changed by super admins alone. */
function isLocked(user: User, may: (permission: Permission) => boolean): boolean {
  return !may('users') || (hasPermission(user, 'super_admin') && !may('super_admin'));
}

/** PERM-11: a super admin gives skills, and only to who has the seat for them. */
function skillsLock(user: User, isSuperAdmin: boolean): string | null {
  if (!isSuperAdmin) return 'Only a super admin can change skills.';
  return user.seat === 'service' ? null : 'Skills need a Service seat.';
}
