// Colleagues: who has access to the inboxes, their status, load and hours of today (AV-34).

import { useState } from 'preact/hooks';
import {
  ANYBODY,
  colleagueRows,
  type ColleagueFilter,
  type StatusFilter,
} from '../../state/colleagues';
import type { DeskState } from '../../state/desk';
import { may } from '../../state/may';
import { Failed, Loading } from '../form/states';
import { SearchIcon } from '../icons';
import { ColleagueTable } from './colleague-table';
import { InboxChoice, TeamHead } from './team-head';
import { useColleagues } from './use-colleagues';
import '../../styles/team.css';

export function ColleaguesPage({ state }: { state: DeskState }) {
  const found = useColleagues(state.line === 'open');
  const [filter, setFilter] = useState<ColleagueFilter>(ANYBODY);
  return (
    <main class="team-page">
      <TeamHead state={state} here="colleagues" />
      {found.kind === 'loading' && <Loading />}
      {found.kind === 'failed' && <Failed text={found.text} onAgain={found.again} />}
      {found.kind === 'ready' && (
        <>
          <Filters state={state} filter={filter} onFilter={setFilter} />
          <ColleagueTable
            state={state}
            rows={colleagueRows(state.team, found.colleagues, filter)}
            filtered={filter !== ANYBODY}
          />
          {!may(state.session, 'availability_management') && (
            <p class="team-note faint">
              To set somebody else Available or Away needs the permission “Manage availability”.
            </p>
          )}
        </>
      )}
    </main>
  );
}

interface FilterProps {
  state: DeskState;
  filter: ColleagueFilter;
  onFilter(filter: ColleagueFilter): void;
}

function Filters({ state, filter, onFilter }: FilterProps) {
  const change = (part: Partial<ColleagueFilter>): void => {
    const next = { ...filter, ...part };
    const isNone = next.words === '' && next.status === 'any' && next.inbox === null;
    onFilter(isNone ? ANYBODY : next);
  };
  return (
    <div class="team-filters" role="search" aria-label="Filter colleagues">
      <label class="search">
        <SearchIcon />
        <input
          type="search"
          placeholder="Find a colleague"
          aria-label="Find a colleague"
          value={filter.words}
          onInput={(event) => change({ words: event.currentTarget.value })}
        />
      </label>
      <select
        class="field team-choice"
        aria-label="Status"
        value={filter.status}
        onChange={(event) => change({ status: event.currentTarget.value as StatusFilter })}
      >
        <option value="any">Any status</option>
        <option value="available">Available</option>
        <option value="away">Away</option>
        <option value="absent">Not signed in</option>
      </select>
      <InboxChoice state={state} inbox={filter.inbox} onInbox={(inbox) => change({ inbox })} />
    </div>
  );
}
