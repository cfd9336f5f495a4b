// Inboxes (PERM-5): who may see each of them and answer in it.

import { useEffect, useState } from 'preact/hooks';
import type { InboxAccess } from '../../../shared/people';
import type { InboxId } from '../../../shared/protocol';
import { accessWords } from '../../state/access';
import { settingsFragment } from '../../state/route';
import { Empty, Failed, Loading } from '../form/states';
import { useSettings } from './context';
import { InboxForm } from './inbox-form';
import { PageHead } from './page-head';

type Accesses = ReadonlyMap<InboxId, InboxAccess>;

export function InboxesPage({ item }: { item: string | null }) {
  const { state, rest, roster } = useSettings();
  const { inboxes } = state.session;
  const [accesses, setAccesses] = useState<Accesses | 'loading' | 'failed'>('loading');
  const load = async (): Promise<void> => {
    const answers = await Promise.all(inboxes.map((inbox) => rest.access(inbox.id)));
    const found = new Map<InboxId, InboxAccess>();
    for (const answer of answers) {
      if (answer.kind === 'ok') found.set(answer.value.inbox, answer.value.access);
    }
    setAccesses(found.size === inboxes.length ? found : 'failed');
  };
  useEffect(() => void load(), []);
  if (accesses === 'loading') return <Loading />;
  if (accesses === 'failed') {
    return <Failed text="The inboxes could not be loaded." onAgain={() => void load()} />;
  }
  const open = inboxes.find((inbox) => inbox.id === item);
  const access = open === undefined ? undefined : accesses.get(open.id);
  if (open !== undefined && access !== undefined) {
    return <InboxForm key={open.id} name={open.name} id={open.id} access={access} onSaved={load} />;
  }
  return (
    <>
      <PageHead title="Inboxes">
        Who may see the chats of an inbox and answer them. Others see neither its list nor its
        conversations; super admins may look everywhere.
      </PageHead>
      {inboxes.length === 0 && <Empty>You have access to no inbox.</Empty>}
      <ul class="card-rows wide">
        {inboxes.map((inbox) => (
          <li key={inbox.id}>
            <a class="row-link" href={settingsFragment('inboxes', inbox.id)} dir="auto">
              {inbox.name}
            </a>
            <span class="faint">{accessWords(accesses.get(inbox.id), roster)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
