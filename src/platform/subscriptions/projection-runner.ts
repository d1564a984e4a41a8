import { msOf, type Clock, type Timer } from '../../kernel/clock.js';
import type { RecordedEvent } from '../../kernel/event.js';
import type { EventLog } from '../event-store/event-log.js';
import type { Alarms } from '../observability/alarms.port.js';
import { RestartFrom } from './consumer.js';
import { retryWhatIsKnownNow } from './known-events.js';
import { LeaseLost, type LeaseToken } from './leases.port.js';
import type { ParkedEvents } from './parked-events.port.js';
import { FoldFailure, KeptRows, versionName, type PreparedProjection, type ProjectionBatch } from './projection-batch.js';
import { batchOf, isBadData, ProjectionParking } from './projection-parking.js';
import { type ProjectionState, type ReadModelStore, Superseded } from './read-model-store.port.js';
import type { Reader } from './reader.js';
import { backoffMs, sleepUnless } from './retry.js';

export interface ProjectionRunnerParts {
  readonly reader: Reader;
  readonly log: EventLog;
  readonly store: ReadModelStore;
  readonly parked: ParkedEvents;
  readonly clock: Clock;
  readonly alarms: Alarms;
}

export interface ProjectionRunnerOptions {
  /** Name of the consumer. */
  readonly name: string;
  readonly lease?: LeaseToken;
  /** Most events per transaction. Default 2,000. */
  readonly batchSize?: number;
  /** See Consumer.pauseMs. */
  readonly pauseMs?: number;
  /** Called when the lease turns out to be somebody else's; nothing is written any more. */
  readonly onLost?: (error: LeaseLost) => void;
  /** Hears of what readers can see from now on, in the order of commits. Must not throw. */
  readonly onCommitted?: (events: readonly RecordedEvent[], upTo: bigint) => void;
}

export interface ProjectionStatus extends ProjectionState {
  /** Milliseconds between the recording of the last event that was applied and now, while there is more; else 0. */
  readonly lagMs: number;
  /** Positions between the checkpoint and the newest event that the reader has seen. */
  readonly behind: bigint;
  /** Events that wait for an operator. */
  readonly parked: number;
}

/** A version in hand: where it stands, and what it has set aside. */
interface Running {
  readonly prepared: PreparedProjection;
  readonly parking: ProjectionParking;
  state: ProjectionState;
  rows: readonly KeptRows[];
}

const newRows = ({ tables }: PreparedProjection): readonly KeptRows[] => tables.map((table) => new KeptRows(table));

const FOLD_ATTEMPTS = 3;
const VERB_POLL_MS = 1_000;

/**
 * Runs versions of projections as one consumer: rows and checkpoints of a batch in one transaction, so
 * that each event counts exactly once, whatever crashes. A second runner is harmless: its checkpoint does
 * not fit, and it goes on from where the first one is.
 *
 * A database that is away is waited for. An event that a projection cannot fold is tried three times,
 * isolated and parked with the later ones that touch the same rows; all else goes on.
 */
export class ProjectionRunner {
  private readonly stopping = new AbortController();
  private running: Running[] = [];
  private logId = '';
  private timer: Timer | undefined;
  /** Batches and operators' verbs take turns. */
  private turn: Promise<unknown> = Promise.resolve();
  private lastRecordedAt: string | undefined;

  constructor(
    private readonly parts: ProjectionRunnerParts,
    private readonly projections: readonly PreparedProjection[],
    private readonly options: ProjectionRunnerOptions,
  ) {}

  /** `states` as ProjectionStore.ensure gave them. */
  async start(states: readonly ProjectionState[]): Promise<void> {
    const { reader, log } = this.parts;
    this.logId = await log.store.logId();
    this.running = this.projections.map((prepared) => {
      const state = states.find(({ name, version }) => name === prepared.projection.name && version === prepared.projection.version);
      if (state === undefined) throw new Error(`${versionName(prepared.projection)} has no checkpoint`);
      if (state.logId !== this.logId) throw new Error(`${versionName(prepared.projection)} was built from log ${state.logId}, but this is log ${this.logId}: rebuild it (\`trunkline rebuild ${state.name}\`), or connect to that log`);
      return { prepared, state, parking: new ProjectionParking(this.parts, prepared), rows: newRows(prepared) };
    });
    for (const { parking } of this.running) {
      await retryWhatIsKnownNow(this.parts, parking.runner);
      await parking.load();
    }
    this.pollVerbs();
    reader.add({
      name: this.options.name,
      eventTypes: [...new Set(this.projections.flatMap(({ projection }) => projection.eventTypes))],
      after: this.leastPosition(),
      maxBatch: this.options.batchSize ?? 2_000,
      pauseMs: this.options.pauseMs ?? 0,
      personal: 'sealed',
      handle: (events, upTo) => this.inTurn(() => this.handle(events, upTo)),
    });
  }

  status(): ProjectionStatus[] {
    const head = this.parts.reader.head();
    return this.running.map(({ state, parking }) => {
      const behind = head > state.position ? head - state.position : 0n;
      const lagMs = behind === 0n || this.lastRecordedAt === undefined ? 0 : Math.max(0, this.parts.clock.now() - msOf(this.lastRecordedAt));
      return { ...state, behind, lagMs, parked: parking.count };
    });
  }

  /** Ends after the batch that is under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.timer?.cancel();
    await this.parts.reader.remove(this.options.name);
    await this.turn;
  }

  private leastPosition(): bigint {
    return this.running.reduce((least, { state }) => (state.position < least ? state.position : least), this.running[0]?.state.position ?? 0n);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async handle(events: readonly RecordedEvent[], upTo: bigint): Promise<void> {
    try {
      await this.withRetries(events, upTo, FOLD_ATTEMPTS);
      this.lastRecordedAt = events.at(-1)?.recordedAt ?? this.lastRecordedAt;
    } catch (error) {
      if (error instanceof Superseded) throw await this.reposition();
      if (error instanceof LeaseLost) this.options.onLost?.(error);
      throw error;
    }
  }

  private async withRetries(events: readonly RecordedEvent[], upTo: bigint, attempts: number): Promise<void> {
    const { clock, alarms } = this.parts;
    const { signal } = this.stopping;
    let left = attempts;
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.commit(events, upTo);
      } catch (error) {
        if (error instanceof Superseded || error instanceof LeaseLost || signal.aborted) throw error;
        if (isBadData(error)) {
          left -= 1;
          if (left <= 0) return this.isolate(events, upTo, error);
        } else if (failures === 3) {
          alarms.raise({ code: 'projection-cannot-write', message: `${this.options.name} cannot write its rows; it is tried again`, error });
        }
        await sleepUnless(clock, backoffMs(failures), signal);
        if (signal.aborted) throw error;
      }
    }
  }

  /** Narrows a failure down to one event, and sets that one aside. */
  private async isolate(events: readonly RecordedEvent[], upTo: bigint, error: unknown): Promise<void> {
    const culprit = error instanceof FoldFailure ? events.findIndex(({ position }) => position === error.event.position) : -1;
    const first = events[0];
    if (events.length === 1 && first !== undefined) {
      await this.park(first, error);
      return this.withRetries(events, upTo, 1);
    }
    const cut = culprit > 0 ? culprit : culprit === 0 ? 1 : Math.ceil(events.length / 2);
    const before = events.slice(0, cut);
    const last = before.at(-1);
    if (last === undefined) throw error;
    await this.withRetries(before, last.position, 1);
    await this.withRetries(events.slice(cut), upTo, 1);
  }

  private async park(event: RecordedEvent, error: unknown): Promise<void> {
    // A refusal of the database does not say whose row it was; each version is tried alone.
    const guilty = error instanceof FoldFailure ? this.running.filter(({ prepared }) => prepared.projection === error.projection) : await this.whoFails(event);
    if (guilty.length === 0) await sleepUnless(this.parts.clock, VERB_POLL_MS, this.stopping.signal);
    for (const { parking, prepared } of guilty) {
      await parking.park(event, error);
      this.parts.alarms.raise({
        code: 'projection-event-parked',
        message: `${versionName(prepared.projection)} cannot apply ${event.type} at position ${event.position}; what touches the same rows waits (retry, skip, or rebuild)`,
        details: { projection: prepared.projection.name, eventId: event.id, type: event.type },
        error,
      });
    }
    this.pollVerbs();
  }

  private async whoFails(event: RecordedEvent): Promise<Running[]> {
    const guilty: Running[] = [];
    for (const one of this.running) {
      try {
        await this.parts.store.tryOut(batchOf(one.prepared, this.parts.log, [event]));
      } catch (error) {
        if (!isBadData(error)) throw error;
        guilty.push(one);
      }
    }
    return guilty;
  }

  private async commit(events: readonly RecordedEvent[], upTo: bigint): Promise<void> {
    const { store, log } = this.parts;
    const behind = this.running.filter(({ state }) => state.position < upTo);
    if (behind.length === 0) return;
    try {
      const batches: ProjectionBatch[] = [];
      for (const { prepared, parking, state, rows } of behind) {
        const taken = events.filter((event) => event.position > state.position && prepared.types.has(event.type));
        const free: RecordedEvent[] = [];
        for (const event of taken) {
          if (parking.holds(event)) await parking.park(event);
          else free.push(event);
        }
        batches.push(batchOf(prepared, log, free, rows));
      }
      await store.write({ states: behind.map(({ state }) => state), upTo, logId: this.logId, lease: this.options.lease, batches });
    } catch (error) {
      // What they hold may never have been written, or was written by somebody else.
      for (const one of behind) one.rows = newRows(one.prepared);
      throw error;
    }
    for (const one of behind) {
      for (const rows of one.rows) rows.written();
      one.state = { ...one.state, position: upTo };
    }
    this.options.onCommitted?.(events, upTo);
  }

  /** Another runner or a rebuild was here: find out where things stand now. */
  private async reposition(): Promise<RestartFrom> {
    const { store, alarms } = this.parts;
    const states = await store.statesOf(this.projections.map(({ projection }) => projection.name));
    for (const one of this.running) {
      const now = states.find(({ name, version }) => name === one.state.name && version === one.state.version);
      if (now === undefined || now.logId !== this.logId) throw new Error(`${versionName(one.prepared.projection)} was removed, or built from another log, while it ran here`);
      one.state = now;
      one.rows = newRows(one.prepared);
      await one.parking.load();
    }
    alarms.raise({ code: 'projection-superseded', message: `somebody else has moved a checkpoint of ${this.options.name}; it goes on from there` });
    return new RestartFrom(this.leastPosition());
  }

  private pollVerbs(): void {
    if (this.stopping.signal.aborted || !this.running.some(({ parking }) => parking.count > 0)) return;
    this.timer ??= this.parts.clock.after(VERB_POLL_MS, () => {
      this.timer = undefined;
      void this.inTurn(() => this.answerVerbs())
        .catch((error: unknown) => this.parts.alarms.raise({ code: 'parked-events-away', message: `what was parked by ${this.options.name} could not be tried again`, error }))
        .then(() => this.pollVerbs());
    });
  }

  private async answerVerbs(): Promise<void> {
    const { parked } = this.parts;
    for (const one of this.running) {
      if (this.stopping.signal.aborted) return;
      const asked = one.parking.count > 0 ? await parked.asked(one.parking.runner) : [];
      if (asked.length > 0) await this.retryParked(one);
    }
  }

  /** Applies what was parked, one after the other, each in a transaction with the check of the checkpoint. */
  private async retryParked(one: Running): Promise<void> {
    const { parked, store, log } = this.parts;
    one.rows = newRows(one.prepared);
    await parked.answered(one.parking.runner, '');
    const waiting = await one.parking.load();
    const blocked = new ProjectionParking(this.parts, one.prepared);
    for (const event of waiting) {
      if (blocked.holds(event)) continue;
      try {
        const unparked = { runner: one.parking.runner, position: event.position };
        await store.write({ states: [one.state], upTo: one.state.position, logId: this.logId, lease: this.options.lease, batches: [batchOf(one.prepared, log, [event])], unparked });
      } catch (error) {
        if (!isBadData(error)) throw error;
        await blocked.park(event, error);
      }
    }
    await one.parking.load();
  }
}
