// When a user works (AV-32) and is out of office (AV-33): they turn Available and Away by it.

import type { WorkingHours } from '../../../shared/people';
import type { Answer } from '../../desk/rest';
import {
  timeZones,
  withAbsence,
  withAbsenceChanged,
  withoutAbsence,
  withoutRow,
  withRow,
  withRowChanged,
} from '../../state/hours';
import { FormCard } from '../form/card';
import { SelectField } from '../form/field';
import { useForm, type Form } from '../form/use-form';
import { PlusIcon } from '../icons';
import { AbsenceLine, HoursLine } from './hours-rows';
import { useSettings } from './context';

const ABOUT =
  'At the start of a row the user becomes Available, at its end Away. Whatever they choose by ' +
  'hand in between stays until the next turn.';

interface Props {
  hours: WorkingHours;
  lockedFor: string | null;
  save(hours: WorkingHours): Promise<Answer<WorkingHours>>;
}

export function HoursForm({ hours, lockedFor, save }: Props) {
  const form = useForm(hours, save);
  const { value } = form;
  return (
    <div id="hours">
      <FormCard
        title="Working hours"
        about={ABOUT}
        form={form}
        shows={['time_zone', 'weekly', 'out_of_office']}
        lockedFor={lockedFor}
      >
        <SelectField
          label="Time zone"
          value={value.time_zone}
          options={timeZones(value.time_zone).map((zone) => ({
            value: zone,
            name: zone.replaceAll('_', ' '),
          }))}
          error={form.error('time_zone')}
          onValue={(time_zone) => form.set({ time_zone })}
        />
        <Weekly form={form} locked={lockedFor !== null} />
        <OutOfOffice form={form} locked={lockedFor !== null} />
      </FormCard>
    </div>
  );
}

interface RowsProps {
  form: Form<WorkingHours>;
  locked: boolean;
}

function Weekly({ form, locked }: RowsProps) {
  const { value } = form;
  return (
    <div class="hours-rows" role="group" aria-label="Every week">
      <h3 class="form-label">Every week</h3>
      {value.weekly.length === 0 && (
        <p class="form-help">None: the user is Available and Away as they choose.</p>
      )}
      {value.weekly.map((row, at) => (
        <HoursLine
          key={at}
          nth={at + 1}
          row={row}
          locked={locked}
          errorAt={(part) => form.error(`weekly[${at}]${part}`)}
          errorOfDays={form.errorWithin(`weekly[${at}].days`)}
          onChange={(change) => form.set(withRowChanged(value, at, change))}
          onRemove={() => form.set(withoutRow(value, at))}
        />
      ))}
      {!locked && (
        <button type="button" class="button" onClick={() => form.set(withRow(value))}>
          <PlusIcon />
          Add hours
        </button>
      )}
      <OneError text={form.error('weekly')} />
    </div>
  );
}

function OutOfOffice({ form, locked }: RowsProps) {
  const { state } = useSettings();
  const { value } = form;
  return (
    <div class="hours-rows" role="group" aria-label="Out of office">
      <h3 class="form-label">Out of office</h3>
      <p class="form-help">
        Away from the start, Available again at the end, on the clock of the time zone above.
      </p>
      {value.out_of_office.map((absence, at) => (
        <AbsenceLine
          key={at}
          nth={at + 1}
          absence={absence}
          locked={locked}
          errorAt={(part) => form.error(`out_of_office[${at}]${part}`)}
          onChange={(change) => form.set(withAbsenceChanged(value, at, change))}
          onRemove={() => form.set(withoutAbsence(value, at))}
        />
      ))}
      {!locked && (
        <button
          type="button"
          class="button"
          onClick={() => form.set(withAbsence(value, state.now_ms))}
        >
          <PlusIcon />
          Add dates
        </button>
      )}
      <OneError text={form.error('out_of_office')} />
    </div>
  );
}

function OneError({ text }: { text: string | null }) {
  return text === null ? null : <p class="form-error">{text}</p>;
}
