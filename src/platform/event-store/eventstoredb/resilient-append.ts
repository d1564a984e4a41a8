import type { AppendResult as ClientResult } from '@eventstore/db-client';
import type { Clock, Random } from '../../../kernel/clock.js';
import {
  AppendTooLarge,
  EventStoreUnavailable,
  StreamDeleted,
  WrongExpectedRevision,
  type AppendResult,
  type ExpectedRevision,
} from '../event-store.port.js';
import type { PreparedEvent } from '../prepare-events.js';
import { actualRevisionOf, finalError, kindOf, NoAnswer, unavailable } from './errors.js';
import type { GuardedClient } from './guarded-client.js';
import type { LogReader } from './log-reader.js';
import { toEventData, type LogRecord } from './stored-event.js';
import { Backoff, pause, within } from './waiting.js';

export interface AppendOptions {
  readonly guarded: GuardedClient;
  readonly reader: LogReader;
  readonly clock: Clock;
  readonly random: Random;
  /** Longest wait for one answer, in milliseconds; the client itself would wait for ever. */
  readonly appendTimeoutMs: number;
  /** How long an append with an unknown outcome is sent again, in milliseconds. */
  readonly retryForMs: number;
  readonly closed: AbortSignal;
}

/** What the stream's end says about an append whose outcome is unknown. */
type Outcome = { readonly done: AppendResult } | { readonly end: bigint | 'no_stream' };

/** So many events from a stream's end are searched for our own after a failed append without an expected revision. */
const SEARCHED = 4_096;
const SEARCH_PAGE = 512;

/**
 * Appends with retries that cannot double an event. The outcome of a failed append is unknown: it
 * may have been written, or still be under way. So it is sent again with the same ids and the same
 * expected revision, which the server answers with success if that is what is there already.
 *
 * `any` and `stream_exists` name no revision, and the server recognises a repeat of them only by a
 * cache of recent ids, which a restart empties. They are sent so only once; after a failure the
 * stream's end is read, and the retry expects exactly that.
 */
export class ResilientAppend {
  constructor(private readonly options: AppendOptions) {}

  /** `prepared` is not empty. Throws WrongExpectedRevision, AppendTooLarge, StreamDeleted, EventStoreUnavailable. */
  async append(stream: string, expected: ExpectedRevision, prepared: readonly PreparedEvent[]): Promise<AppendResult> {
    const { clock, random, retryForMs, closed } = this.options;
    const ids = prepared.map(({ event }) => event.id);
    const giveUpAt = clock.now() + retryForMs;
    const backoff = new Backoff(random, 50, 2_000);
    let sent: ExpectedRevision = expected;
    for (let attempt = 1; ; attempt++) {
      if (closed.aborted) throw new EventStoreUnavailable('the event store is closed');
      let failure: unknown;
      try {
        return await this.result(stream, await this.send(stream, sent, prepared));
      } catch (error) {
        if (kindOf(error) === 'wrong-revision') {
          if (attempt === 1) throw new WrongExpectedRevision(stream, expected, actualRevisionOf(error));
        } else if (kindOf(error) !== 'transient') {
          throw this.refusal(stream, prepared, error);
        }
        failure = error;
      }
      const conflict = kindOf(failure) === 'wrong-revision';
      if (!conflict) {
        const wait = backoff.next();
        if (clock.now() + wait > giveUpAt) throw unavailable(`the append to ${stream}`, attempt, failure);
        await pause(clock, wait, closed);
      }
      if (typeof expected === 'bigint' || expected === 'no_stream') {
        if (!conflict) continue;
        const done = await this.alreadyThere(stream, expected, ids);
        if (done === undefined) throw new WrongExpectedRevision(stream, expected, actualRevisionOf(failure));
        return done;
      }
      const outcome = await this.outcome(stream, ids);
      if ('done' in outcome) return outcome.done;
      if (expected === 'stream_exists' && outcome.end === 'no_stream') throw new WrongExpectedRevision(stream, expected, 'no_stream');
      if (clock.now() > giveUpAt) throw unavailable(`the append to ${stream}`, attempt, failure);
      sent = outcome.end;
    }
  }

  private async send(stream: string, expectedRevision: ExpectedRevision, prepared: readonly PreparedEvent[]): Promise<ClientResult> {
    const { guarded, clock, appendTimeoutMs } = this.options;
    const answersBefore = guarded.appendAnswers;
    const answer = guarded.client.appendToStream(
      stream,
      prepared.map(({ event }) => toEventData(event)),
      { expectedRevision, requiresLeader: true, deadline: appendTimeoutMs },
    );
    try {
      return await within(clock, appendTimeoutMs, `the append to ${stream}`, answer);
    } catch (error) {
      // Where others were answered meanwhile, only this append was lost and the stream is sound.
      if (error instanceof NoAnswer && guarded.appendAnswers === answersBefore) guarded.dropAppendStream();
      throw error;
    }
  }

  /** The server may leave out the position when it answers a repeat. */
  private async result(stream: string, { nextExpectedRevision: revision, position }: ClientResult): Promise<AppendResult> {
    if (position !== undefined) return { revision, position: position.commit };
    const [record] = await this.options.reader.streamPage(stream, revision, 1, false);
    if (record === undefined) throw new EventStoreUnavailable(`the append to ${stream} succeeded, but its event ${revision} cannot be read`);
    return { revision, position: record.position };
  }

  private refusal(stream: string, prepared: readonly PreparedEvent[], error: unknown): unknown {
    const kind = kindOf(error);
    if (kind === 'stream-deleted') return new StreamDeleted(stream);
    if (kind === 'too-large') return new AppendTooLarge(stream, prepared.reduce((sum, { bytes }) => sum + bytes, 0));
    return finalError(error);
  }

  /** Whether the events right after the expected revision are the very ones of this append. */
  private async alreadyThere(stream: string, expected: bigint | 'no_stream', ids: readonly string[]): Promise<AppendResult | undefined> {
    const first = expected === 'no_stream' ? 0n : expected + 1n;
    const records = await this.options.reader.streamPage(stream, first, ids.length, false);
    return resultIfAll(records, ids);
  }

  private async outcome(stream: string, ids: readonly string[]): Promise<Outcome> {
    const { reader } = this.options;
    let end: bigint | 'no_stream' = 'no_stream';
    let from: bigint | undefined;
    const newestFirst: LogRecord[] = [];
    while (newestFirst.length < SEARCHED) {
      const page = await reader.streamPage(stream, from, SEARCH_PAGE, true);
      newestFirst.push(...page);
      end = end === 'no_stream' ? (newestFirst[0]?.revision ?? 'no_stream') : end;
      const last = newestFirst.findIndex(({ id }) => id === ids.at(-1));
      const done = last < 0 ? undefined : resultIfAll(newestFirst.slice(last, last + ids.length).reverse(), ids);
      if (done !== undefined) return { done };
      const oldest = page.at(-1);
      if (oldest === undefined || oldest.revision === 0n) break;
      from = oldest.revision - 1n;
    }
    return { end };
  }
}

const resultIfAll = (records: readonly LogRecord[], ids: readonly string[]): AppendResult | undefined => {
  const last = records.at(-1);
  if (last === undefined || records.length < ids.length || !ids.every((id, i) => records[i]?.id === id)) return undefined;
  return { revision: last.revision, position: last.position };
};
