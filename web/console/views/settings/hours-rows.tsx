// One row of working hours, and one absence: its fields, what is wrong with it, and its bin.

import type { Absence, HoursRow, Weekday } from '../../../shared/people';
import { WEEKDAYS } from '../../../shared/people';
import { endFromField, endInField } from '../../state/hours';
import { isOverNight } from '../../state/today';
import { FieldError, TextField } from '../form/field';
import { BinIcon } from '../icons';

interface HoursProps {
  nth: number;
  row: HoursRow;
  locked: boolean;
  /** `''` for the row itself, `.start`, `.end`. */
  errorAt(part: string): string | null;
  errorOfDays: string | null;
  onChange(change: Partial<HoursRow>): void;
  onRemove(): void;
}

export function HoursLine(props: HoursProps) {
  const { nth, row, locked, errorAt, errorOfDays, onChange, onRemove } = props;
  const fault = errorAt('');
  return (
    <div
      class="hours-row"
      role="group"
      aria-label={`Hours ${nth}`}
      data-invalid={fault !== null || errorOfDays !== null}
    >
      <div class="hours-fields">
        <Days days={row.days} nth={nth} onDays={(days) => onChange({ days })} />
        <TextField
          label={`Start of hours ${nth}`}
          quiet
          type="time"
          value={row.start}
          error={errorAt('.start')}
          onValue={(start) => onChange({ start })}
        />
        <span class="faint">to</span>
        <TextField
          label={`End of hours ${nth}`}
          quiet
          type="time"
          value={endInField(row.end)}
          error={errorAt('.end')}
          onValue={(end) => onChange({ end: endFromField(end) })}
        />
        {!locked && <Bin label={`Remove hours ${nth}`} onRemove={onRemove} />}
      </div>
      {isOverNight(row) && <p class="form-help">Until {row.end} of the next day.</p>}
      {row.end === '24:00' && <p class="form-help">Until midnight.</p>}
      <FieldError text={errorOfDays} />
      <FieldError text={fault} />
    </div>
  );
}

interface DaysProps {
  days: readonly Weekday[];
  nth: number;
  onDays(days: Weekday[]): void;
}

function Days({ days, nth, onDays }: DaysProps) {
  const toggle = (which: Weekday, on: boolean): void => {
    onDays(WEEKDAYS.filter((day) => (day === which ? on : days.includes(day))));
  };
  return (
    <div class="days" role="group" aria-label={`Days of hours ${nth}`}>
      {WEEKDAYS.map((day) => (
        <label key={day} class="day-box" title={dayName(day)}>
          <input
            type="checkbox"
            aria-label={dayName(day)}
            checked={days.includes(day)}
            onChange={(event) => toggle(day, event.currentTarget.checked)}
          />
          <span aria-hidden="true">{dayName(day).slice(0, 2)}</span>
        </label>
      ))}
    </div>
  );
}

interface AbsenceProps {
  nth: number;
  absence: Absence;
  locked: boolean;
  errorAt(part: string): string | null;
  onChange(change: Partial<Absence>): void;
  onRemove(): void;
}

export function AbsenceLine(props: AbsenceProps) {
  const { nth, absence, locked, errorAt, onChange, onRemove } = props;
  const fault = errorAt('');
  return (
    <div
      class="hours-row"
      role="group"
      aria-label={`Dates ${nth}`}
      data-invalid={fault !== null}
    >
      <div class="hours-fields">
        <TextField
          label={`Start of dates ${nth}`}
          quiet
          type="datetime-local"
          value={absence.from}
          error={errorAt('.from')}
          onValue={(from) => onChange({ from })}
        />
        <span class="faint">to</span>
        <TextField
          label={`End of dates ${nth}`}
          quiet
          type="datetime-local"
          value={absence.until}
          error={errorAt('.until')}
          onValue={(until) => onChange({ until })}
        />
        {!locked && <Bin label={`Remove dates ${nth}`} onRemove={onRemove} />}
      </div>
      <FieldError text={fault} />
    </div>
  );
}

function Bin({ label, onRemove }: { label: string; onRemove: () => void }) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={onRemove}>
      <BinIcon />
    </button>
  );
}

function dayName(day: Weekday): string {
  switch (day) {
    case 'monday':
      return 'Monday';
    case 'tuesday':
      return 'Tuesday';
    case 'wednesday':
      return 'Wednesday';
    case 'thursday':
      return 'Thursday';
    case 'friday':
      return 'Friday';
    case 'saturday':
      return 'Saturday';
    case 'sunday':
      return 'Sunday';
  }
}
