// What the signed-in agent may do beyond answering. The node decides; this spares vain attempts.

import type { Permission } from '../../shared/people';
import type { Session } from '../../shared/protocol';

type Asker = Pick<Session, 'permissions'>;

export function may(session: Asker, permission: Permission): boolean {
  const granted = session.permissions ?? [];
  return granted.includes('super_admin') || granted.includes(permission);
}

/** The live view is for those who steer others: by rules, by their status, or altogether. */
export function maySupervise(session: Asker): boolean {
  return may(session, 'routing') || may(session, 'availability_management');
}
