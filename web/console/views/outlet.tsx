// The pages beside the conversations, each fetched when it is first looked at.

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { DeskState } from '../state/desk';
import type { Screen } from '../state/route';
import { Failed, Loading } from './form/states';

type Kind = Exclude<Screen['kind'], 'desk'>;
type View = ComponentType<{ state: DeskState }>;

const VIEWS: Record<Kind, () => Promise<View>> = {
  colleagues: async () => (await import('./team/colleagues-page')).ColleaguesPage,
  live: async () => (await import('./team/live-page')).LivePage,
  settings: async () => (await import('./settings/settings-page')).SettingsPage,
};

type Fetched =
  | { readonly kind: 'loading' | 'failed' }
  | { readonly kind: 'ready'; readonly of: Kind; readonly View: View };

export function Outlet({ state, kind }: { state: DeskState; kind: Kind }) {
  const [fetched, setFetched] = useState<Fetched>({ kind: 'loading' });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let wanted = true;
    setFetched({ kind: 'loading' });
    VIEWS[kind]().then(
      (View) => wanted && setFetched({ kind: 'ready', of: kind, View }),
      () => wanted && setFetched({ kind: 'failed' }),
    );
    return () => {
      wanted = false;
    };
  }, [kind, tries]);
  switch (fetched.kind) {
    case 'loading':
      return <Loading />;
    case 'failed':
      return (
        <Failed
          text="This page could not be fetched. Check your connection; after an update, reload."
          onAgain={() => setTries(tries + 1)}
        />
      );
    case 'ready':
      return fetched.of === kind ? <fetched.View state={state} /> : <Loading />;
  }
}
