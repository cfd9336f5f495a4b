// An agent's initials in a circle, with a dot that says whether they can be reached.

import { reachWords, type Reach } from '../state/team';
import { initials } from '../state/words';

interface Props {
  name: string;
  reach?: Reach;
  small?: boolean;
}

export function Avatar({ name, reach, small = false }: Props) {
  return (
    <span class={small ? 'avatar small' : 'avatar'}>
      <span aria-hidden="true">{initials(name)}</span>
      {reach !== undefined && (
        <span class="dot" data-reach={reach}>
          <span class="hidden-text">{reachWords(reach)}</span>
        </span>
      )}
    </span>
  );
}
