// Finding users: by words, seat, team, status, and whether they are active.

import { SEATS } from '../../../shared/people';
import { seatName, type UserFilter } from '../../state/people';
import { SelectField } from '../form/field';
import { SearchIcon } from '../icons';
import { useSettings } from './context';

interface Props {
  filter: UserFilter;
  onFilter(filter: UserFilter): void;
}

export function UserFilters({ filter, onFilter }: Props) {
  const { roster } = useSettings();
  const set = (change: Partial<UserFilter>): void => onFilter({ ...filter, ...change });
  return (
    <div class="filters" role="search">
      <label class="search">
        <SearchIcon />
        <span class="hidden-text">Find by name or e-mail</span>
        <input
          type="search"
          placeholder="Find by name or e-mail"
          dir="auto"
          value={filter.words}
          onInput={(event) => set({ words: event.currentTarget.value })}
        />
      </label>
      <SelectField
        label="Seat"
        quiet
        value={filter.seat}
        options={[
          { value: 'any', name: 'Any seat' },
          ...SEATS.map((seat) => ({ value: seat, name: seatName(seat) })),
        ]}
        onValue={(seat) => set({ seat })}
      />
      {roster.teams.length > 0 && (
        <SelectField
          label="Team"
          quiet
          value={filter.team}
          options={[
            { value: 'any', name: 'Any team' },
            ...roster.teams.map(({ id, name }) => ({ value: id, name })),
          ]}
          onValue={(team) => set({ team })}
        />
      )}
      <SelectField
        label="Status"
        quiet
        value={filter.status}
        options={[
          { value: 'any', name: 'Any status' },
          { value: 'available', name: 'Available' },
          { value: 'away', name: 'Away' },
        ]}
        onValue={(status) => set({ status })}
      />
      <SelectField
        label="Accounts"
        quiet
        value={filter.state}
        options={[
          { value: 'active', name: 'Active' },
          { value: 'deactivated', name: 'Deactivated' },
          { value: 'any', name: 'All accounts' },
        ]}
        onValue={(state) => set({ state })}
      />
    </div>
  );
}
