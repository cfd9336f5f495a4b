// The head of a settings page: its name, what it is for, and its main button.

import type { ComponentChildren } from 'preact';
import { BackIcon } from '../icons';

interface Props {
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
  /** Of a page within a section: back to the list. */
  back?: { href: string; name: string };
}

export function PageHead({ title, children, action, back }: Props) {
  return (
    <header class="page-head">
      {back !== undefined && (
        <a class="page-back" href={back.href}>
          <BackIcon />
          {back.name}
        </a>
      )}
      <div class="page-title">
        <h1 dir="auto">{title}</h1>
        {action}
      </div>
      {children !== undefined && <div class="page-about">{children}</div>}
    </header>
  );
}
