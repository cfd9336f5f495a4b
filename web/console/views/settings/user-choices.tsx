// A user's seat and permissions, each with what it means.

import { PERMISSIONS, SEATS, type Permission, type Seat } from '../../../shared/people';
import { permissionAbout, permissionName, seatAbout, seatName } from '../../state/people';
import { Checks, Radios } from '../form/choices';
import { useSettings } from './context';

interface SeatProps {
  value: Seat;
  error: string | null;
  onValue(seat: Seat): void;
}

export function SeatRadios({ value, error, onValue }: SeatProps) {
  const choices = SEATS.map((seat) => ({
    value: seat,
    name: seatName(seat),
    help: seatAbout(seat),
  }));
  return (
    <Radios legend="Seat" value={value} choices={choices} error={error} onValue={onValue} />
  );
}

interface PermissionProps {
  value: readonly Permission[];
  error: string | null;
  onValue(permissions: Permission[]): void;
}

/** Nobody grants or takes what they do not have themselves. */
export function PermissionChecks({ value, error, onValue }: PermissionProps) {
  const { may } = useSettings();
  const choices = PERMISSIONS.map((permission) => ({
    value: permission,
    name: permissionName(permission),
    help: permissionAbout(permission),
    locked: may(permission) || !may('users') ? undefined : 'You do not have it yourself.',
  }));
  return (
    <Checks legend="Permissions" value={value} choices={choices} error={error} onValue={onValue} />
  );
}
