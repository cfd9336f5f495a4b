// A supervisor's live view: who waits where, who answers, who was missed; and taking a hand in it.

import { useEffect, useState } from 'preact/hooks';
import type { DeskState } from '../../state/desk';
import { queueOf, ticking, totalsOf, type Totals } from '../../state/floor';
import { maySupervise } from '../../state/may';
import { isLong } from '../../state/words';
import { Crew } from './crew';
import { Missed } from './missed';
import { Queue } from './queue';
import { InboxChoice, TeamHead } from './team-head';
import '../../styles/team.css';
import '../../styles/live.css';

export function LivePage({ state }: { state: DeskState }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const nowMs = useSeconds();
  if (!maySupervise(state.session)) return <NotForYou state={state} />;
  const inboxes = state.session.inboxes.filter((each) => chosen === null || each.id === chosen);
  const several = state.session.inboxes.length > 1;
  return (
    <main class="team-page live">
      <TeamHead state={state} here="live">
        <InboxChoice state={state} inbox={chosen} onInbox={setChosen} />
      </TeamHead>
      <Tiles totals={totalsOf(state.board, chosen, nowMs)} nowMs={nowMs} />
      <div class="live-columns">
        <div class="live-column">
          {inboxes.map((inbox) => (
            <Queue
              key={inbox.id}
              state={state}
              title={several ? `Queue of ${inbox.name}` : 'Queue'}
              loading={!state.board.loaded.has(inbox.id)}
              queue={queueOf(state.board, inbox.id)}
              nowMs={nowMs}
            />
          ))}
          <Missed state={state} inbox={chosen} nowMs={nowMs} />
        </div>
        <Crew state={state} />
      </div>
    </main>
  );
}

function Tiles({ totals, nowMs }: { totals: Totals; nowMs: number }) {
  const longest = totals.longest_since_ms === null ? null : nowMs - totals.longest_since_ms;
  const number = (count: number): string => `${count}${totals.atLeast ? '+' : ''}`;
  return (
    <dl class="tiles">
      <Tile name="Waiting" value={number(totals.waiting)} />
      <Tile
        name="Longest wait"
        value={longest === null ? '–' : `${ticking(longest)}${totals.atLeast ? '+' : ''}`}
        warn={longest !== null && isLong(longest)}
      />
      <Tile name="Assigned" value={number(totals.assigned)} />
      <Tile name="Need a reply" value={number(totals.unanswered)} />
      <Tile name="Missed today" value={number(totals.missed)} />
    </dl>
  );
}

function Tile({ name, value, warn = false }: { name: string; value: string; warn?: boolean }) {
  return (
    <div class="tile" data-warn={warn}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function NotForYou({ state }: { state: DeskState }) {
  return (
    <main class="team-page">
      <TeamHead state={state} here="live" />
      <p class="empty">
        The live view is for those who set routing rules or manage availability. Ask a super admin
        for one of these permissions.
      </p>
    </main>
  );
}

/** The time, once a second: waits tick. */
function useSeconds(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
