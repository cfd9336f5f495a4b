// The round picture of an agent: initials, on a colour that belongs to the name.

import type { JSX } from 'preact';

import { ChatIcon } from './icons';
import { initials } from '../words';

const HUES = 8;

export function Avatar({ name }: { name: string | undefined }): JSX.Element {
  if (name === undefined) {
    return (
      <span class="avatar team" aria-hidden="true">
        <ChatIcon />
      </span>
    );
  }
  return (
    <span class={`avatar hue-${hueOf(name)}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

function hueOf(name: string): number {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}
