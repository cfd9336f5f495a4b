// What a person wrote, as text; its web addresses as links that tell the other site nothing.

import { textParts } from '../state/linkify';

export function UserText({ text }: { text: string }) {
  return (
    <span class="user-text" dir="auto">
      {textParts(text).map((part, index) =>
        part.kind === 'text' ? (
          part.text
        ) : (
          <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ),
      )}
    </span>
  );
}
