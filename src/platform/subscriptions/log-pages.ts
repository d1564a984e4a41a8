import type { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import type { RecordedEvent } from '../../kernel/event.js';
import type { EventLog } from '../event-store/event-log.js';
import type { StoredEvent } from '../event-store/event-store.port.js';
import type { Alarms } from '../observability/alarms.port.js';
import { retryForEver } from './retry.js';

export interface LogPart {
  readonly events: readonly RecordedEvent[];
  /** All up to here is in this part or earlier ones, or not of the wanted types. */
  readonly upTo: bigint;
}

export interface PagesOptions {
  readonly after: bigint;
  readonly upTo: bigint;
  readonly types: readonly string[] | 'all';
  readonly pageSize: number;
  readonly signal: AbortSignal;
}

/** How events are decoded. */
export interface Decoding {
  /** `sealed`: as read models are given them, see EventLog.decodeSealed. Default `opened`. */
  readonly personal?: 'opened' | 'sealed' | undefined;
  /** An event that cannot be decoded is left out with an alarm (`skip`, the default), or thrown. */
  readonly undecodable?: 'skip' | 'throw';
}

const keysAway = (error: unknown): boolean => error instanceof DomainError && error.kind === 'unavailable';

/**
 * Decodes; waits for ever for a key store that is away. An event that cannot be decoded (tampered
 * with, or an upcaster's bug) must not stop all others: see Decoding.
 */
export const decodeAll = async (
  log: EventLog,
  clock: Clock,
  alarms: Alarms,
  stored: readonly StoredEvent[],
  signal: AbortSignal,
  { personal = 'opened', undecodable = 'skip' }: Decoding = {},
): Promise<RecordedEvent[]> => {
  const attempt = (events: readonly StoredEvent[]): Promise<RecordedEvent[]> =>
    retryForEver(clock, signal, () => (personal === 'sealed' ? log.decodeSealed(events) : log.decode(events)), (error, failures) => {
      if (keysAway(error) && failures === 3) alarms.raise({ code: 'subject-keys-away', message: 'events cannot be decrypted, because the store of personal keys does not answer', error });
      return keysAway(error);
    });
  try {
    return await attempt(stored);
  } catch (error) {
    if (signal.aborted || undecodable === 'throw') throw error;
  }
  const decoded: RecordedEvent[] = [];
  for (const event of stored) {
    try {
      decoded.push(...(await attempt([event])));
    } catch (error) {
      if (signal.aborted) throw error;
      alarms.raise({
        code: 'event-undecodable',
        message: `${event.type} ${event.id} of ${event.stream} cannot be decoded and is left out`,
        details: { eventId: event.id, type: event.type, stream: event.stream, position: event.position.toString() },
        error,
      });
    }
  }
  return decoded;
};

/** A part of the log, decoded, the next page being read while the caller works on this one. */
export async function* readLogPages(
  log: EventLog,
  clock: Clock,
  alarms: Alarms,
  options: PagesOptions,
  decoding: Decoding = {},
): AsyncGenerator<LogPart, void, undefined> {
  const { upTo, pageSize, signal, types } = options;
  const read = async (after: bigint): Promise<LogPart & { readonly last: boolean }> => {
    const filter = types === 'all' ? {} : { filter: { types } };
    const stored = await retryForEver(clock, signal, () => log.store.readAll({ after, upTo, maxCount: pageSize, ...filter }), (error, failures) => {
      if (failures === 3) alarms.raise({ code: 'event-store-away', message: 'the log cannot be read; reading is tried again', error });
      return true;
    });
    const last = stored.length < pageSize;
    return { events: await decodeAll(log, clock, alarms, stored, signal, decoding), upTo: last ? upTo : (stored.at(-1)?.position ?? upTo), last };
  };
  let next = read(options.after);
  for (;;) {
    const page = await next;
    if (!page.last) {
      next = read(page.upTo);
      // It is awaited on the next turn; a caller that leaves before must not end the process.
      next.catch(() => undefined);
    }
    yield page;
    if (page.last) return;
  }
}
