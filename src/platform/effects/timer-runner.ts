import { type Clock, isoTime, msOf, type Timer } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import type { RecordedEvent } from '../../kernel/event.js';
import type { CommandDispatcher } from '../event-store/command-dispatcher.js';
import { deterministicId } from '../event-store/deterministic-ids.js';
import type { Alarms } from '../observability/alarms.port.js';
import { LeaseLost, type LeaseToken } from '../subscriptions/leases.port.js';
import { CheckpointOfAnotherLog } from '../subscriptions/checkpoints.port.js';
import { isPassing } from '../subscriptions/process-commands.js';
import type { Reader } from '../subscriptions/reader.js';
import { retryForEver } from '../subscriptions/retry.js';
import type { StoredTimer, TimerStore } from './timer-store.port.js';
import type { TimerRule } from './timers.js';

export interface TimerRunnerParts {
  readonly reader: Reader;
  readonly logId: string;
  readonly store: TimerStore;
  readonly dispatcher: CommandDispatcher;
  readonly clock: Clock;
  readonly alarms: Alarms;
}

export interface TimerRunnerOptions {
  /** Name of the consumer and of the rows. */
  readonly name: string;
  readonly lease?: LeaseToken;
  /** Least time between two writes, ms: what is set and cancelled within it is never written. Default 500. */
  readonly saveMs?: number;
  /** Called when the lease turns out to be somebody else's; the runner has stopped by itself. */
  readonly onLost?: (error: LeaseLost) => void;
}

/** Longest wait that one operating-system timer is given, ms. */
const LONGEST_WAIT_MS = 3_600_000;

/**
 * Durable timers: folded from the log, kept as rows, and fired as commands. A timer is set and
 * cancelled in memory in the tick of its event; rows follow in batches with the checkpoint, and one
 * that is set and cancelled in between never becomes a row.
 *
 * A timer that fired before its row was removed fires again after a crash, with the same command id.
 * A timer that the log sets again (the fold repeats what was not saved) replaces itself. From an event
 * on that only a newer program knows everything is repeated, so that its timers are set once that one runs.
 */
export class TimerRunner {
  private readonly byType = new Map<string, TimerRule[]>();
  private readonly timers = new Map<string, { readonly timer: StoredTimer; alarm: Timer | undefined }>();
  private readonly set = new Map<string, StoredTimer>();
  private readonly gone = new Set<string>();
  private readonly stopping = new AbortController();
  private position = 0n;
  /** Before the first event that this version does not know: the version that does begins there. */
  private knownUpTo: bigint | undefined;
  private saved = 0n;
  private saving: Promise<void> = Promise.resolve();
  private saveTimer: Timer | undefined;
  private firing = false;
  private ended: Promise<void> | undefined;

  constructor(
    private readonly parts: TimerRunnerParts,
    rules: readonly TimerRule[],
    private readonly options: TimerRunnerOptions,
  ) {
    for (const rule of rules) for (const type of rule.eventTypes) this.byType.set(type, [...(this.byType.get(type) ?? []), rule]);
  }

  /** Loads what is kept and follows the log; timers fire once the log's end is reached. Throws CheckpointOfAnotherLog. */
  async start(): Promise<void> {
    const { store, logId, reader } = this.parts;
    const { name } = this.options;
    const kept = await store.load(name);
    if (kept !== undefined && kept.logId !== logId) throw new CheckpointOfAnotherLog(name, kept, logId);
    this.position = kept?.position ?? 0n;
    this.saved = this.position;
    for (const timer of kept?.timers ?? []) this.timers.set(timer.key, { timer, alarm: undefined });
    reader.add({
      name,
      eventTypes: [...this.byType.keys()],
      after: this.position,
      maxBatch: 2_000,
      handle: (events, upTo) => {
        this.apply(events, upTo);
        return Promise.resolve();
      },
    });
    // Not before: a timer of the past may have been cancelled by an event that is not folded yet.
    void reader.caughtUp(name).then(
      () => {
        if (this.stopping.signal.aborted) return;
        this.firing = true;
        for (const key of this.timers.keys()) this.arm(key);
      },
      () => undefined,
    );
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.timers.size;
  }

  /** Whether the log's end was reached and timers fire. */
  get isFiring(): boolean {
    return this.firing;
  }

  /** When the earliest timer is or was due, ISO 8601 UTC; undefined where none waits. */
  get earliestDue(): string | undefined {
    let earliest: string | undefined;
    for (const { timer } of this.timers.values()) if (earliest === undefined || timer.dueAt < earliest) earliest = timer.dueAt;
    return earliest;
  }

  /** Timers that were set or removed since rows were written the last time. */
  get unsaved(): number {
    return this.set.size + this.gone.size;
  }

  /** Once: the name may be another runner's by the second time. */
  stop(): Promise<void> {
    this.ended ??= this.end();
    return this.ended;
  }

  private async end(): Promise<void> {
    this.stopping.abort();
    this.firing = false;
    for (const { alarm } of this.timers.values()) alarm?.cancel();
    await this.parts.reader.remove(this.options.name);
    this.saveTimer?.cancel();
    await this.save();
  }

  private apply(events: readonly RecordedEvent[], upTo: bigint): void {
    for (const event of events) {
      if (!this.parts.reader.knows(event)) {
        this.knownUpTo ??= event.position - 1n;
        this.parts.alarms.raise({ code: 'timer-event-unknown', message: `${event.type} has schema version ${event.schemaVersion}, which this version of Trunkline does not know; it sets no timer`, details: { eventId: event.id } });
        continue;
      }
      for (const rule of this.byType.get(event.type) ?? []) {
        for (const change of rule.timersOf(event)) {
          if ('cancel' in change) this.remove(change.cancel);
          else {
            const { tenantId, $correlationId: correlationId } = event.metadata;
            this.put({ key: change.set, rule: rule.name, dueAt: change.dueAt, tenantId, correlationId, causationId: event.id, command: change.command });
          }
        }
      }
    }
    this.position = this.knownUpTo ?? upTo;
    this.saveSoon();
  }

  private put(timer: StoredTimer): void {
    this.timers.get(timer.key)?.alarm?.cancel();
    this.timers.set(timer.key, { timer, alarm: undefined });
    this.gone.delete(timer.key);
    this.set.set(timer.key, timer);
    this.arm(timer.key);
  }

  private remove(key: string): void {
    this.timers.get(key)?.alarm?.cancel();
    this.timers.delete(key);
    this.set.delete(key);
    this.gone.add(key);
  }

  private arm(key: string): void {
    const entry = this.timers.get(key);
    if (entry === undefined || !this.firing) return;
    const wait = Math.max(0, msOf(entry.timer.dueAt) - this.parts.clock.now());
    entry.alarm = this.parts.clock.after(Math.min(wait, LONGEST_WAIT_MS), () => (wait > LONGEST_WAIT_MS ? this.arm(key) : void this.fire(entry.timer)));
  }

  private async fire(timer: StoredTimer): Promise<void> {
    const { dispatcher, clock, alarms } = this.parts;
    const { key, rule, dueAt, tenantId, correlationId, causationId, command } = timer;
    const meta = { commandId: deterministicId('timer', key, dueAt), tenantId, at: isoTime(clock.now()), actor: { kind: 'timer' as const, id: rule }, correlationId, causationId };
    try {
      await retryForEver(clock, this.stopping.signal, () => dispatcher.dispatch(command.stream, { type: command.type, data: command.data, meta }), isPassing);
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      // A refusal is a legitimate no: what the timer was for is over.
      if (!(error instanceof DomainError)) alarms.raise({ code: 'timer-failed', message: `timer ${rule} could not be carried out`, details: { rule, correlationId }, error });
    }
    if (this.timers.get(key)?.timer !== timer) return;
    this.remove(key);
    this.saveSoon();
  }

  private saveSoon(): void {
    if (this.saveTimer !== undefined || this.stopping.signal.aborted) return;
    this.saveTimer = this.parts.clock.after(this.options.saveMs ?? 500, () => {
      this.saveTimer = undefined;
      void this.save();
    });
  }

  private save(): Promise<void> {
    this.saving = this.saving.then(async () => {
      if (this.position === this.saved && this.set.size === 0 && this.gone.size === 0) return;
      const changes = { set: [...this.set.values()], gone: [...this.gone] };
      const position = this.position;
      this.set.clear();
      this.gone.clear();
      try {
        await this.parts.store.save(this.options.name, changes, { position, logId: this.parts.logId }, this.options.lease);
        this.saved = position;
      } catch (error) {
        for (const key of changes.gone) if (!this.set.has(key)) this.gone.add(key);
        for (const timer of changes.set) if (!this.set.has(timer.key) && !this.gone.has(timer.key)) this.set.set(timer.key, timer);
        if (error instanceof LeaseLost) {
          if (this.stopping.signal.aborted) return;
          void this.stop().then(() => this.options.onLost?.(error));
          return;
        }
        this.parts.alarms.raise({ code: 'timers-not-saved', message: 'timers could not be saved; it is tried again, and they fire nevertheless', error });
        this.saveSoon();
      }
    });
    return this.saving;
  }
}
