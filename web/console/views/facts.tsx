// What is known of the visitor: the page, where and when it began, its number, state, marks.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Page } from '../../shared/protocol';
import { standingOf } from '../state/actions';
import { visitorLabel } from '../state/board';
import type { Conversation } from '../state/conversation';
import type { DeskState } from '../state/desk';
import { safeHref } from '../state/linkify';
import { markWords } from '../state/marks';
import { nameOf } from '../state/team';
import { teamWords } from '../state/teams';
import { duration, fullTime, promisedWords, stateName } from '../state/words';
import { CheckIcon, CloseIcon, CopyIcon } from './icons';
import { RoutingFacts } from './routing-facts';

interface Props {
  state: DeskState;
  conversation: Conversation;
  onClose(): void;
}

export function Facts({ state, conversation, onClose }: Props) {
  const standing = standingOf(state, conversation);
  const startedOn = conversation.summary?.started_on ?? null;
  const { number, started_at_ms, assignee, team } = standing;
  const nobody = team === null ? 'Nobody' : `Nobody yet, for ${teamWords(state.teams, team)}`;
  const owner = assignee === null ? nobody : nameOf(state.team, assignee);
  const { summary } = conversation;
  const promised = summary ? promisedWords(summary, state.now_ms) : '';
  return (
    <aside class="facts" aria-labelledby="facts-title">
      <header>
        <h2 id="facts-title">{number === null ? 'Visitor' : visitorLabel(number)}</h2>
        <button
          type="button"
          class="icon-button facts-close"
          aria-label="Close details"
          onClick={onClose}
        >
          <CloseIcon />
        </button>
      </header>
      <dl>
        <Fact name="Latest page">
          <PageLink page={conversation.page} none="Nothing reported yet" />
        </Fact>
        <Fact name="Started on">
          <PageLink page={startedOn} none="Unknown page" />
        </Fact>
        {startedOn?.referrer !== undefined && (
          <Fact name="Came from">
            <PageLink page={{ url: startedOn.referrer, title: '' }} none="" />
          </Fact>
        )}
        {started_at_ms !== null && (
          <Fact name="Started">
            <span>{fullTime(started_at_ms)}</span>
            <span class="faint">{duration(state.now_ms - started_at_ms)} ago</span>
          </Fact>
        )}
        <Fact name="State">{standing.state === null ? '…' : stateName(standing.state)}</Fact>
        <Fact name="Assigned to">
          <span dir="auto">
            {owner}
            {assignee === state.session.agent && ' (you)'}
          </span>
        </Fact>
        {conversation.summary?.email !== undefined && (
          <Fact name="Answer by e-mail to">
            <span dir="ltr">{conversation.summary.email}</span>
            <span class="faint">{promised}</span>
          </Fact>
        )}
        <Fact name="Visitor has read">{markWords(conversation, 'visitor')}</Fact>
        <Fact name="Team has read">{markWords(conversation, 'team')}</Fact>
        {number !== null && (
          <Fact name="Conversation number">
            <Number number={number} />
          </Fact>
        )}
      </dl>
      <RoutingFacts state={state} conversation={conversation} />
    </aside>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A visitor's page is what a browser said it is: anything but http and https stays text. */
function PageLink({ page, none }: { page: Page | null; none: string }) {
  if (page === null) return <span class="faint">{none}</span>;
  const href = safeHref(page.url);
  return (
    <>
      {page.title !== '' && <span dir="auto">{page.title}</span>}
      {href === null ? (
        <span class="page-url" dir="ltr">
          {page.url}
        </span>
      ) : (
        <a class="page-url" dir="ltr" href={href} target="_blank" rel="noopener noreferrer">
          {page.url.replace(/^https?:\/\//u, '')}
        </a>
      )}
    </>
  );
}

function Number({ number }: { number: number }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(String(number));
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <span class="number">
      <code>{number}</code>
      {'clipboard' in navigator && (
        <button
          type="button"
          class="icon-button"
          aria-label={copied ? 'Copied' : 'Copy the conversation number'}
          onClick={() => void copy()}
        >
          {copied ? <CheckIcon /> : <CopyIcon />}
        </button>
      )}
    </span>
  );
}
