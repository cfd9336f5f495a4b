// Whether an inbox has chats, or is a help desk with tickets (AS-20).

import { useEffect, useState } from 'preact/hooks';
import type { InboxKind } from '../../../shared/people';
import type { InboxId } from '../../../shared/protocol';
import { FormCard } from '../form/card';
import { Radios } from '../form/choices';
import { Failed, Loading } from '../form/states';
import { useForm } from '../form/use-form';
import { useSettings } from './context';

const KINDS = [
  {
    value: 'inbox',
    name: 'Conversations inbox',
    help: 'Chats: they count against the chat limit while somebody has written lately.',
  },
  {
    value: 'help_desk',
    name: 'Help desk',
    help: 'Tickets: they count against the ticket limit while open, and need a Service seat.',
  },
] as const;

type Loaded = InboxKind | 'loading' | 'failed';

export function InboxKindOf({ id }: { id: InboxId }) {
  const { rest } = useSettings();
  const [kind, setKind] = useState<Loaded>('loading');
  const load = async (): Promise<void> => {
    const answer = await rest.kind(id);
    setKind(answer.kind === 'ok' ? answer.value.kind : 'failed');
  };
  useEffect(() => void load(), [id]);
  if (kind === 'loading') return <Loading />;
  if (kind === 'failed') {
    return <Failed text="The kind of inbox could not be loaded." onAgain={() => void load()} />;
  }
  return <KindForm id={id} kind={kind} onSaved={load} />;
}

interface Props {
  id: InboxId;
  kind: InboxKind;
  onSaved(): Promise<void>;
}

function KindForm({ id, kind, onSaved }: Props) {
  const { rest, may } = useSettings();
  const form = useForm({ kind }, async (draft) => {
    const answer = await rest.setKind(id, draft.kind);
    if (answer.kind === 'ok') await onSaved();
    return answer;
  });
  return (
    <FormCard
      title="Kind"
      form={form}
      shows={['kind']}
      lockedFor={may('super_admin') ? null : 'Only a super admin can change the kind.'}
    >
      <Radios
        legend="What its conversations are"
        value={form.value.kind}
        choices={KINDS}
        onValue={(value) => form.set({ kind: value })}
      />
    </FormCard>
  );
}
