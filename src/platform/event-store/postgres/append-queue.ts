import { sleep, type Clock } from '../../../kernel/clock.js';
import { EventStoreUnavailable, type ExpectedRevision } from '../event-store.port.js';
import { Distribution } from '../../observability/distribution.js';
import { turn } from '../../time/turn.js';
import type { PreparedEvent } from '../prepare-events.js';

export interface Append {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** At least one. */
  readonly events: readonly PreparedEvent[];
}

export interface AppendQueueOptions<Outcome> {
  readonly clock: Clock;
  /**
   * Makes the appends in order, all in one transaction; an outcome for each. Neighbours of the same set
   * are made together or not at all, each set for itself.
   */
  readonly send: (group: readonly Append[], sets: readonly number[]) => Promise<readonly Outcome[]>;
  /** Whether the same group may be sent again after this error. */
  readonly isPassing: (error: unknown) => boolean;
}

interface Queued<Outcome> {
  /** One, or a set that is made together. */
  readonly appends: readonly Append[];
  readonly bytes: number;
  /** Not tried again after this time. */
  readonly deadline: number;
  /** Sent by itself, because a group that it was in failed as a whole. */
  alone: boolean;
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_GROUP_BYTES = 900 * 1024;
const MAX_GROUP_APPENDS = 512;
const PATIENCE_MS = 10_000;
const GROUP_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const BACKOFF_MS = { first: 20, most: 1_000 };

/**
 * Sends appends in groups, one group at a time: what comes in the same turn of the event loop, or
 * while a group is under way, is one group. After
 * an error that can pass the same appends are sent again, for about ten seconds; then they fail with
 * EventStoreUnavailable.
 */
export class AppendQueue<Outcome> {
  private readonly options: AppendQueueOptions<Outcome>;
  private queue: Queued<Outcome>[] = [];
  private sending: Promise<void> | undefined;
  private answered: Promise<unknown> = Promise.resolve();
  private underWay: readonly Queued<Outcome>[] = [];
  /** Appends in each group that was sent. */
  readonly groupSizes = new Distribution(GROUP_SIZES);

  constructor(options: AppendQueueOptions<Outcome>) {
    this.options = options;
  }

  add(append: Append): Promise<Outcome> {
    return new Promise((resolve, reject) => this.enqueue([append], ([outcome]) => resolve(outcome as Outcome), reject));
  }

  /** All of them or none; an outcome for each. */
  addTogether(appends: readonly Append[]): Promise<readonly Outcome[]> {
    return new Promise((resolve, reject) => this.enqueue(appends, resolve, reject));
  }

  private enqueue(appends: readonly Append[], resolve: Queued<Outcome>['resolve'], reject: Queued<Outcome>['reject']): void {
    let bytes = 0;
    for (const { events } of appends) for (const event of events) bytes += event.bytes;
    const deadline = this.options.clock.now() + PATIENCE_MS;
    this.queue.push({ appends, bytes, deadline, alone: false, resolve, reject });
    this.sending ??= this.sendAll();
  }

  /** Appends that have no answer yet. */
  get waiting(): number {
    return this.queue.length + this.underWay.length;
  }

  /** When the oldest of them was added, ms of the clock. */
  get oldestAt(): number | undefined {
    const oldest = this.underWay[0] ?? this.queue[0];
    return oldest === undefined ? undefined : oldest.deadline - PATIENCE_MS;
  }

  /** Resolves when all that was added has succeeded or failed. */
  async drained(): Promise<void> {
    while (this.sending !== undefined) await this.sending;
  }

  /** Resolves when the group that is on its way now, if one is, has its answer. Never rejects. */
  async groupAnswered(): Promise<void> {
    await this.answered.catch(() => undefined);
  }

  private async sendAll(): Promise<void> {
    let backoff = BACKOFF_MS.first;
    for (;;) {
      await turn();
      if (this.queue.length === 0) break;
      const group = this.takeGroup();
      this.underWay = group;
      this.groupSizes.add(group.length);
      try {
        const sent = this.options.send(group.flatMap(({ appends }) => appends), group.flatMap(({ appends }, set) => appends.map(() => set)));
        this.answered = sent;
        const outcomes = await sent;
        this.underWay = [];
        let first = 0;
        for (const { appends, resolve } of group) {
          resolve(outcomes.slice(first, first + appends.length));
          first += appends.length;
        }
        backoff = BACKOFF_MS.first;
      } catch (error) {
        this.underWay = [];
        if (!this.options.isPassing(error)) {
          this.separate(group, error);
          continue;
        }
        this.queue = [...group, ...this.queue];
        this.giveUpLate(error);
        if (this.queue.length > 0) await sleep(this.options.clock, backoff);
        backoff = Math.min(2 * backoff, BACKOFF_MS.most);
      }
    }
    this.sending = undefined;
  }

  /** The longest beginning of the queue that fits in one transaction. Holds no event id twice: one append may repeat another. */
  private takeGroup(): Queued<Outcome>[] {
    const ids = new Set<string>();
    let bytes = 0;
    let appends = 0;
    let size = 0;
    for (const queued of this.queue) {
      bytes += queued.bytes;
      appends += queued.appends.length;
      const repeats = queued.appends.some(({ events }) => events.some(({ event }) => ids.has(event.id)));
      if (size > 0 && (queued.alone || bytes > MAX_GROUP_BYTES || appends > MAX_GROUP_APPENDS || repeats)) break;
      size++;
      if (queued.alone) break;
      for (const { events } of queued.appends) for (const { event } of events) ids.add(event.id);
    }
    return this.queue.splice(0, size);
  }

  /** One bad append fails its group; sent one by one, only the bad one fails. */
  private separate(group: readonly Queued<Outcome>[], error: unknown): void {
    if (group.length === 1) {
      group[0]?.reject(error);
      return;
    }
    for (const queued of group) queued.alone = true;
    this.queue = [...group, ...this.queue];
  }

  private giveUpLate(error: unknown): void {
    const now = this.options.clock.now();
    const late = this.queue.filter(({ deadline }) => deadline <= now);
    this.queue = this.queue.filter(({ deadline }) => deadline > now);
    const reason = error instanceof Error ? error.message : String(error);
    for (const { appends, reject } of late) {
      reject(new EventStoreUnavailable(`append to ${appends.map(({ stream }) => stream).join(', ')}: ${reason}; whether it happened is unknown`, { cause: error }));
    }
  }
}
