// The top: whom the visitor talks to, and whether somebody is there.

import type { JSX } from 'preact';

import { Avatar } from './avatar';
import { DownIcon } from './icons';
import type { ChatState } from '../chat';
import { agentOf } from '../timeline';
import { availabilityWords, looksAvailable, withYou, WORDS } from '../words';

interface Props {
  state: ChatState;
  onClose(): void;
}

export function Header({ state, onClose }: Props): JSX.Element {
  const agent = agentOf(state.conversation);
  const { now } = state;
  const presence = agent || looksAvailable(now) ? 'available' : now.availability;
  return (
    <header class="header">
      <span class={`presence is-${presence}`}>
        <Avatar name={agent?.name} />
      </span>
      <div class="titles">
        <h1>
          <bdi>{state.chatflow.heading}</bdi>
        </h1>
        <p>{agent ? withYou(agent.name) : availabilityWords(now)}</p>
      </div>
      <button type="button" class="close" aria-label={WORDS.close} onClick={onClose}>
        <DownIcon />
      </button>
    </header>
  );
}
