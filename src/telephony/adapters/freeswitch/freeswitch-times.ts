import { isoTime } from '../../../kernel/clock.js';
import type { ChannelTimes } from '../../ports/switch-facts.js';

type Headers = Readonly<Record<string, string | undefined>>;

/** The furthest instant that a date can hold, ms. */
const LATEST_MS = 8_640_000_000_000_000;

/** A header in epoch microseconds; undefined where it is absent, 0 (FreeSWITCH's "did not happen") or no number. */
export const microsOf = (value: string | undefined): number | undefined => {
  if (value === undefined || !/^\d{1,17}$/.test(value)) return undefined;
  const micros = Number(value);
  return micros > 0 && micros / 1000 <= LATEST_MS ? micros : undefined;
};

/** ISO 8601 UTC of epoch microseconds. Cut to the millisecond, never rounded up: an event must not lie after itself. */
export const isoOfMicros = (micros: number): string => isoTime(Math.floor(micros / 1000));

/** ISO 8601 UTC of a header in epoch microseconds, or undefined where it says nothing. */
export const instantOf = (value: string | undefined): string | undefined => {
  const micros = microsOf(value);
  return micros === undefined ? undefined : isoOfMicros(micros);
};

/** When the switch says that it fired the event. It moves in steps of 20 ms: exact times of a channel stand in headers of their own. */
export const eventTime = (headers: Headers): string | undefined => instantOf(headers['Event-Date-Timestamp']);

/** The same in ms since the epoch. */
export const eventTimeMs = (headers: Headers): number | undefined => {
  const micros = microsOf(headers['Event-Date-Timestamp']);
  return micros === undefined ? undefined : Math.floor(micros / 1000);
};

/** All times of a channel that the event carries; undefined where not even its creation is known. */
export const channelTimes = (headers: Headers): ChannelTimes | undefined => {
  const createdAt = instantOf(headers['Caller-Channel-Created-Time']);
  if (createdAt === undefined) return undefined;
  const ringingAt = instantOf(headers['Caller-Channel-Progress-Time']);
  const earlyMediaAt = instantOf(headers['Caller-Channel-Progress-Media-Time']);
  const answeredAt = instantOf(headers['Caller-Channel-Answered-Time']);
  const endedAt = instantOf(headers['Caller-Channel-Hangup-Time']);
  return {
    createdAt,
    ...(ringingAt === undefined ? {} : { ringingAt }),
    ...(earlyMediaAt === undefined ? {} : { earlyMediaAt }),
    ...(answeredAt === undefined ? {} : { answeredAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
  };
};
