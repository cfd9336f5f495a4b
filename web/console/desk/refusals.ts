// A definite no of the node, in words for an agent.

import type { SentFrame } from '../../shared/protocol';

/** What could not be done, and why, as one sentence each. */
export function refusalWords(type: SentFrame['type'], code: string): string {
  return `${whatWords(type)} ${(type === 'assign_team' && teamWords(code)) || whyWords(code)}`;
}

/** What a node says of a team that cannot have it. */
function teamWords(code: string): string | null {
  switch (code) {
    case 'forbidden':
      return 'Its inbox is for others than this team, or than you.';
    case 'not_found':
      return 'There is no such team any more.';
    case 'bad_field':
      return 'The team has no main members.';
    case 'unknown_frame':
      return 'The node is of an older release and does not give anything to teams.';
    default:
      return null;
  }
}

export function whyWords(code: string): string {
  switch (code) {
    case 'closed':
      return 'The conversation is closed.';
    case 'conflict':
      return 'Somebody else was faster: it has changed meanwhile.';
    case 'forbidden':
      return 'You are not allowed to.';
    case 'not_found':
      return 'It no longer exists.';
    case 'too_large':
      return 'The text is too long.';
    case 'bad_field':
    case 'bad_json':
      return 'The node could not read it.';
    default:
      return `The node refused it (${code}).`;
  }
}

function whatWords(type: SentFrame['type']): string {
  switch (type) {
    case 'start':
    case 'send':
      return 'Your reply was not sent.';
    case 'comment':
      return 'Your comment was not saved.';
    case 'assign':
    case 'assign_team':
      return 'The assignment did not change.';
    case 'move':
      return 'The conversation was not moved.';
    case 'promise':
      // A visitor's.
      return 'Nothing was promised.';
    case 'close':
      return 'The conversation was not closed.';
    case 'reopen':
      return 'The conversation was not reopened.';
  }
}
