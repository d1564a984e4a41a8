import { msOf, type Clock, type Timer } from '../../kernel/clock.js';
import type { RecordedEvent } from '../../kernel/event.js';
import type { EventLog } from '../event-store/event-log.js';
import type { Alarms } from '../observability/alarms.port.js';
import { RestartFrom, type Consumer, type ConsumerMode, type ConsumerStatus } from './consumer.js';
import { readLogPages } from './log-pages.js';

export interface PumpContext {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly alarms: Alarms;
  /** Position up to which the shared feed has delivered. */
  readonly feedPosition: () => bigint;
  readonly maxQueued: number;
  /** How long a position that moves past events of no interest may be kept from the consumer, ms. */
  readonly idleMs: number;
}

interface Waiter {
  readonly position: bigint;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const DEFAULT_BATCH = 500;

/** One consumer's place in the log: its queue, and the catching up by itself when it is behind the feed. */
export class ConsumerPump {
  private queue: RecordedEvent[] = [];
  /** Everything up to here is handled or in the queue. */
  private queuedUpTo: bigint;
  private handledUpTo: bigint;
  /** The last `upTo` that the consumer was told. */
  private told: bigint;
  private attached = false;
  /** The last reading reached the feed's position of its beginning: the rest is short enough to be joined. */
  private nearFeed = false;
  private running = false;
  private tellIdle = false;
  private idleTimer: Timer | undefined;
  /** When the last call of `handle` ended, ms of the clock. */
  private handledAt = Number.NEGATIVE_INFINITY;
  private pause: { readonly timer: Timer; readonly end: () => void } | undefined;
  private waiters: Waiter[] = [];
  private readonly types: ReadonlySet<string> | undefined;
  private readonly stopping = new AbortController();
  private finished: Promise<void> = Promise.resolve();
  private failure: Error | undefined;
  private lastRecordedAt: string | undefined;
  /** The oldest of the events that the consumer has in hand. */
  private inHand: string | undefined;
  /** Since when it reads by itself, ms of the clock. */
  private aloneSince: number | undefined;

  constructor(
    readonly consumer: Consumer,
    private readonly context: PumpContext,
  ) {
    this.queuedUpTo = this.handledUpTo = this.told = consumer.after;
    this.types = consumer.eventTypes === 'all' ? undefined : new Set(consumer.eventTypes);
  }

  /** What the feed brings, in order and without holes. Never throws, never waits. */
  offer(events: readonly RecordedEvent[], upTo: bigint): void {
    if (!this.attached || this.failure !== undefined || this.stopping.signal.aborted) return;
    for (const event of events) {
      if (event.position > this.queuedUpTo && (this.types === undefined || this.types.has(event.type))) this.queue.push(event);
    }
    if (upTo > this.queuedUpTo) this.queuedUpTo = upTo;
    if (this.queue.length > this.context.maxQueued) this.attached = this.nearFeed = false;
    if (this.queue.length >= (this.consumer.maxBatch ?? DEFAULT_BATCH)) this.pause?.end();
    this.wake();
  }

  wake(): void {
    if (this.running || this.failure !== undefined || this.stopping.signal.aborted) return;
    this.running = true;
    this.finished = this.run();
  }

  status(): ConsumerStatus {
    const head = this.context.feedPosition();
    const mode: ConsumerMode = this.failure !== undefined ? 'failed' : this.stopping.signal.aborted ? 'stopped' : this.attached ? 'live' : 'catching-up';
    return {
      name: this.consumer.name,
      mode,
      position: this.handledUpTo,
      head,
      queued: this.queue.length,
      maxQueued: this.context.maxQueued,
      lagMs: this.handledUpTo >= head ? 0 : this.lagMs(),
    };
  }

  /** What is read alone and not seen yet is older than the reading; that much is sure. */
  private lagMs(): number {
    const now = this.context.clock.now();
    const oldest = this.inHand ?? (this.attached || this.lastRecordedAt === undefined ? this.queue[0]?.recordedAt : this.lastRecordedAt);
    const since = oldest === undefined ? (this.aloneSince ?? now) : msOf(oldest);
    return Math.max(0, now - since);
  }

  /** True once all up to the position is handled; false when `timeoutMs` passed before. Rejects when the consumer ends. */
  waitFor(position: bigint, timeoutMs?: number): Promise<boolean> {
    if (this.handledUpTo >= position) return Promise.resolve(true);
    const ended = this.endedBecause();
    if (ended !== undefined) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => (): void => {
        timer?.cancel();
        this.waiters = this.waiters.filter((other) => other !== waiter);
        act();
      };
      const waiter: Waiter = { position, resolve: settle(() => resolve(true)), reject: (error) => settle(() => reject(error))() };
      const timer = timeoutMs === undefined ? undefined : this.context.clock.after(timeoutMs, settle(() => resolve(false)));
      this.waiters.push(waiter);
      this.pause?.end();
    });
  }

  /** Delivers nothing more and waits for the call of `handle` that is under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.idleTimer?.cancel();
    this.pause?.end();
    this.rejectWaiters();
    await this.finished;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    try {
      while (!signal.aborted) {
        try {
          const pauseMs = this.pauseMs();
          if (pauseMs > 0) await this.pauseFor(pauseMs);
          else if (this.queue.length > 0) await this.handleQueued();
          else if (!this.attached) await this.readAlone();
          else if (this.tellIdle) await this.tellPosition();
          else break;
        } catch (error) {
          if (!(error instanceof RestartFrom)) throw error;
          this.restart(error.position);
        }
      }
      if (!signal.aborted) this.passOver();
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    } finally {
      this.running = false;
    }
  }

  /** How long a short queue may still grow; 0: it is handled now. */
  private pauseMs(): number {
    const { pauseMs = 0, maxBatch = DEFAULT_BATCH } = this.consumer;
    if (pauseMs === 0 || !this.attached || this.queue.length === 0 || this.queue.length >= maxBatch || this.waiters.length > 0) return 0;
    return Math.min(pauseMs, Math.max(0, this.handledAt + pauseMs - this.context.clock.now()));
  }

  private pauseFor(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.pause?.timer.cancel();
        this.pause = undefined;
        resolve();
      };
      this.pause = { timer: this.context.clock.after(ms, end), end };
    });
  }

  private async handleQueued(): Promise<void> {
    const size = this.consumer.maxBatch ?? DEFAULT_BATCH;
    if (this.queue.length <= size) {
      const batch = this.queue;
      this.queue = [];
      await this.hand(batch, this.queuedUpTo);
    } else {
      const batch = this.queue.splice(0, size);
      await this.hand(batch, batch[batch.length - 1]!.position);
    }
  }

  private async readAlone(): Promise<void> {
    const { log, clock, alarms, feedPosition } = this.context;
    const { signal } = this.stopping;
    const after = this.queuedUpTo;
    const upTo = feedPosition();
    if (after >= upTo) {
      this.attached = true;
      this.aloneSince = undefined;
      return;
    }
    this.aloneSince ??= clock.now();
    if (this.nearFeed) {
      // What the feed brings from now on waits in the queue while the rest before it is read.
      this.attached = true;
      this.queuedUpTo = upTo;
    }
    const pageSize = this.consumer.maxBatch ?? DEFAULT_BATCH;
    for await (const page of readLogPages(log, clock, alarms, { after, upTo, types: this.consumer.eventTypes, pageSize, signal }, { personal: this.consumer.personal })) {
      if (signal.aborted) return;
      if (page.upTo > this.queuedUpTo) this.queuedUpTo = page.upTo;
      await this.hand(page.events, page.upTo);
      if (signal.aborted) return;
    }
    this.nearFeed = true;
  }

  private async hand(events: readonly RecordedEvent[], upTo: bigint): Promise<void> {
    this.lastRecordedAt = events.at(-1)?.recordedAt ?? this.lastRecordedAt;
    this.inHand = events[0]?.recordedAt;
    await this.consumer.handle(events, upTo);
    this.inHand = undefined;
    this.handledAt = this.context.clock.now();
    this.told = upTo;
    this.moveTo(upTo);
  }

  private async tellPosition(): Promise<void> {
    this.tellIdle = false;
    if (this.told < this.handledUpTo) await this.hand([], this.handledUpTo);
  }

  /** Nothing waits: what was filtered out counts as handled, and the consumer hears of it a little later. */
  private passOver(): void {
    if (this.queuedUpTo <= this.handledUpTo) return;
    this.moveTo(this.queuedUpTo);
    this.idleTimer ??= this.context.clock.after(this.context.idleMs, () => {
      this.idleTimer = undefined;
      this.tellIdle = true;
      this.wake();
    });
  }

  private moveTo(position: bigint): void {
    if (position > this.handledUpTo) this.handledUpTo = position;
    if (this.waiters.length === 0) return;
    for (const waiter of this.waiters) if (waiter.position <= this.handledUpTo) waiter.resolve();
  }

  private restart(position: bigint): void {
    this.queue = [];
    this.queuedUpTo = this.handledUpTo = this.told = position;
    this.attached = this.nearFeed = false;
    this.inHand = undefined;
    this.moveTo(position);
  }

  private fail(error: unknown): void {
    this.failure = error instanceof Error ? error : new Error(String(error));
    this.queue = [];
    this.attached = false;
    this.idleTimer?.cancel();
    this.rejectWaiters();
    this.context.alarms.raise({ code: 'consumer-failed', message: `${this.consumer.name} stopped after position ${this.handledUpTo}`, details: { consumer: this.consumer.name }, error });
  }

  private endedBecause(): Error | undefined {
    if (this.failure !== undefined) return new Error(`${this.consumer.name} has failed: ${this.failure.message}`, { cause: this.failure });
    return this.stopping.signal.aborted ? new Error(`${this.consumer.name} was stopped`) : undefined;
  }

  private rejectWaiters(): void {
    const reason = this.endedBecause() ?? new Error(`${this.consumer.name} ended`);
    for (const waiter of this.waiters) waiter.reject(reason);
  }
}
