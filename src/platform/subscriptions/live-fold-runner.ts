import type { Clock } from '../../kernel/clock.js';
import type { Json, RecordedEvent } from '../../kernel/event.js';
import type { SnapshotStore } from '../event-store/snapshots.port.js';
import type { Alarms } from '../observability/alarms.port.js';
import type { LiveFold } from './live-fold.js';
import type { Reader } from './reader.js';

export interface LiveFoldRunnerParts {
  readonly reader: Reader;
  /** Id of the log that the reader reads; a snapshot of another log is left aside. */
  readonly logId: string;
  readonly alarms: Alarms;
  readonly clock: Clock;
  /** Without it the folds are rebuilt from the beginning of the log at each start. */
  readonly snapshots?: SnapshotStore;
}

export interface LiveFoldRunnerOptions {
  /** Name of the consumer, by which the reader tells its position. */
  readonly name: string;
  /**
   * Positions that the log moves on between two snapshots, whoever the events are for: so many are to be
   * looked through after a crash. Default 10,000.
   */
  readonly snapshotEvery?: number;
  /** Least time between two snapshots, ms: they take more room and time the more goes on. Default 10 s. */
  readonly snapshotMs?: number;
}

interface Saved {
  readonly logId: string;
  readonly state: Json;
}

/**
 * Keeps live folds up to date: restores each from its snapshot, catches up and follows. An event is
 * applied in the tick in which the reader delivers it; then those that `onApplied` are told.
 */
export class LiveFoldRunner {
  private readonly positions = new Map<LiveFold, bigint>();
  private readonly byType = new Map<string, LiveFold[]>();
  private readonly listeners: ((events: readonly RecordedEvent[], upTo: bigint) => void)[] = [];
  /** Folds that could not apply an event: what they know is not saved, so that a start, perhaps of a newer program, has that event before it again. */
  private readonly doubtful = new Set<LiveFold>();
  private saving: Promise<void> = Promise.resolve();
  private upTo = 0n;
  private savedUpTo = 0n;
  private savedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly parts: LiveFoldRunnerParts,
    private readonly folds: readonly LiveFold[],
    private readonly options: LiveFoldRunnerOptions,
  ) {
    for (const fold of folds) for (const type of fold.eventTypes) this.byType.set(type, [...(this.byType.get(type) ?? []), fold]);
  }

  /** Hears of events after all folds have applied them. Called while catching up as well; must not throw. */
  onApplied(listener: (events: readonly RecordedEvent[], upTo: bigint) => void): void {
    this.listeners.push(listener);
  }

  /** Restores the folds and begins to follow; `caughtUp` tells when they are current. */
  async start(): Promise<void> {
    const positions = await Promise.all(this.folds.map((fold) => this.restore(fold)));
    const after = positions.reduce((least, position) => (position < least ? position : least), positions[0] ?? 0n);
    this.upTo = this.savedUpTo = after;
    this.savedAt = this.parts.clock.now();
    this.parts.reader.add({
      name: this.options.name,
      eventTypes: [...this.byType.keys()],
      after,
      maxBatch: 2_000,
      handle: (events, upTo) => {
        this.apply(events, upTo);
        return Promise.resolve();
      },
    });
  }

  /** Resolves once the folds have everything that is in the log now. */
  caughtUp(): Promise<void> {
    return this.parts.reader.caughtUp(this.options.name);
  }

  /** All up to here is applied. */
  get position(): bigint {
    return this.upTo;
  }

  /** Stops following and saves what the folds have. */
  async stop(): Promise<void> {
    await this.parts.reader.remove(this.options.name);
    await this.saveSnapshots();
  }

  /** Saves all folds as they are now, but for those that could not apply an event. What cannot be saved costs time at the next start, nothing else. */
  saveSnapshots(): Promise<void> {
    const { snapshots, alarms, clock, logId } = this.parts;
    if (snapshots === undefined) return Promise.resolve();
    this.savedUpTo = this.upTo;
    this.savedAt = clock.now();
    const revision = this.upTo;
    // Made now, between two events, and written when the writing before is done.
    const made = this.folds.filter((fold) => !this.doubtful.has(fold)).map((fold) => ({ fold, saved: { logId, state: fold.snapshot() } }));
    this.saving = this.saving.then(async () => {
      for (const { fold, saved } of made) {
        try {
          await snapshots.save(snapshotName(fold), { revision, version: fold.version, state: saved });
        } catch (error) {
          alarms.raise({ code: 'snapshot-not-saved', message: `the snapshot of ${fold.name} could not be saved; the next start takes longer`, error });
        }
      }
    });
    return this.saving;
  }

  private apply(events: readonly RecordedEvent[], upTo: bigint): void {
    for (const event of events) {
      for (const fold of this.byType.get(event.type) ?? []) {
        if (event.position <= (this.positions.get(fold) ?? 0n)) continue;
        try {
          if (!this.parts.reader.knows(event)) throw new TypeError(`${event.type} has schema version ${event.schemaVersion}, which this version of Trunkline does not know`);
          fold.apply(event);
        } catch (error) {
          this.doubtful.add(fold);
          this.parts.alarms.raise({
            code: 'live-fold-failed',
            message: `${fold.name} could not apply ${event.type} at position ${event.position}; what it knows may be wrong until it is rebuilt`,
            details: { fold: fold.name, eventId: event.id, type: event.type },
            error,
          });
        }
      }
    }
    this.upTo = upTo;
    for (const listener of this.listeners) {
      try {
        listener(events, upTo);
      } catch (error) {
        // A listener's mistake must not end the folds, on which everything else rests.
        this.parts.alarms.raise({ code: 'live-fold-listener-failed', message: `what follows the folds of ${this.options.name} failed after position ${upTo}`, error });
      }
    }
    const { snapshotEvery = 10_000, snapshotMs = 10_000 } = this.options;
    if (upTo - this.savedUpTo >= BigInt(snapshotEvery) && this.parts.clock.now() - this.savedAt >= snapshotMs) void this.saveSnapshots();
  }

  private async restore(fold: LiveFold): Promise<bigint> {
    const { snapshots, alarms, logId, reader } = this.parts;
    const found = await snapshots?.load(snapshotName(fold)).catch((error: unknown) => {
      alarms.raise({ code: 'snapshot-not-loaded', message: `the snapshot of ${fold.name} could not be read; it is rebuilt from the log`, error });
      return undefined;
    });
    const saved = found?.state as Saved | undefined;
    if (found === undefined || saved === undefined || found.version !== fold.version || saved.logId !== logId) return 0n;
    // A log that was put back from a backup may end before the snapshot.
    if (found.revision > (await reader.logHead())) return 0n;
    fold.restore(saved.state);
    this.positions.set(fold, found.revision);
    return found.revision;
  }
}

const snapshotName = (fold: LiveFold): string => `fold/${fold.name}`;
