import { q850Of } from './causes.js';
import type { Channel } from './channel.js';
import { stampOf } from './switch-time.js';

const EPOCHS = ['start', 'profile_start', 'answer', 'bridge', 'last_hold', 'resurrect', 'progress', 'progress_media', 'end'] as const;

/** Whole seconds as FreeSWITCH counts them: from truncated epochs, so 1.9 s may be 2 and 1.1 s may be 1 or 2. */
const secondsBetween = (fromUs: number, toUs: number): number => Math.floor(toUs / 1e6) - Math.floor(fromUs / 1e6);

/** The variables that a channel gets when it reports: cause, stamps, epochs and durations. */
export const setReportVariables = (channel: Channel): void => {
  const { times, variables } = channel;
  const set = (name: string, value: string | number): void => void variables.set(name, String(value));
  const end = times.hangup;
  const at: Record<(typeof EPOCHS)[number], number> = {
    start: times.created, profile_start: times.profileCreated, answer: times.answered, bridge: times.bridged, last_hold: times.lastHold, resurrect: 0,
    progress: times.progress, progress_media: times.progressMedia, end,
  };
  set('hangup_cause', channel.cause!);
  set('hangup_cause_q850', q850Of(channel.cause!));
  if (!variables.has('digits_dialed')) set('digits_dialed', 'none');
  for (const name of EPOCHS) if (at[name] > 0) set(`${name}_stamp`, stampOf(at[name]));
  for (const name of EPOCHS) {
    set(`${name}_epoch`, Math.floor(at[name] / 1e6));
    set(`${name}_uepoch`, at[name]);
  }
  if (channel.holds.length > 0) set('hold_events', `{${[...channel.holds].reverse().map(([from, to]) => `{${from},${to}}`).join(',')}}`);
  set('hold_accum_seconds', Math.floor(times.holdAccum / 1e6));
  set('hold_accum_usec', times.holdAccum);
  set('hold_accum_ms', Math.floor(times.holdAccum / 1000));
  if (channel.lastApp) {
    set('last_app', channel.lastApp.app);
    if (channel.lastApp.data !== '') set('last_arg', channel.lastApp.data);
  }
  const { callerName, callerNumber } = channel.profile;
  set('caller_id', callerName === '' ? callerNumber : `"${callerName}" <${callerNumber}>`);
  const spans: readonly [string, number, number][] = [
    ['duration', times.created, end],
    ['billsec', times.answered, end],
    ['progress', times.created, times.progress],
    ['answer', times.created, times.answered],
    ['wait', times.created, times.bridged],
    ['progress_media', times.created, times.progressMedia],
    ['flow_bill', times.created, end],
  ];
  const span = (from: number, to: number): number => (from > 0 && to > 0 ? to - from : 0);
  for (const [unit, divide] of [['sec', 0], ['msec', 1000], ['usec', 1]] as const) {
    for (const [name, from, to] of spans) {
      const us = span(from, to);
      const value = divide === 0 ? (us === 0 ? 0 : secondsBetween(from, to)) : Math.floor(us / divide);
      set(variableName(name, unit), value);
    }
  }
};

/** FreeSWITCH is not regular here: duration, mduration, uduration; billsec, billmsec, billusec. */
const variableName = (name: string, unit: 'sec' | 'msec' | 'usec'): string => {
  if (name === 'duration') return unit === 'sec' ? 'duration' : `${unit[0]!}duration`;
  return `${name === 'billsec' ? 'bill' : name}${unit}`;
};
