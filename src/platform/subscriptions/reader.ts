import type { Clock } from '../../kernel/clock.js';
import type { RecordedEvent } from '../../kernel/event.js';
import type { EventLog } from '../event-store/event-log.js';
import { AlarmCounter, type Alarms } from '../observability/alarms.port.js';
import { ConsumerPump } from './consumer-pump.js';
import type { Consumer, ConsumerStatus } from './consumer.js';
import { isKnown } from './known-events.js';
import { decodeAll } from './log-pages.js';
import { backoffMs, retryForEver, sleepUnless } from './retry.js';

export interface ReaderOptions {
  /** Events that wait for one consumer before it has to read by itself. Default 10,000. */
  readonly maxQueued?: number;
  /** How soon a consumer hears that the log moved past events of no interest to it, ms. Default 250. */
  readonly idleMs?: number;
}

/** Committed here, but something of another process lies before it. */
const MAX_AHEAD = 20_000;

/**
 * The one reader of a process: follows the log, decodes it once and feeds the consumers. What this
 * process has just committed is delivered in the tick of its commit when nothing lies between, else
 * it comes in its turn. A consumer that is behind reads by itself until it meets the feed; nobody
 * ever waits for another consumer.
 */
export class Reader {
  private readonly pumps = new Map<string, ConsumerPump>();
  private readonly stopping = new AbortController();
  private readonly ahead = new Map<bigint, readonly RecordedEvent[]>();
  private readonly deliveries: { readonly events: readonly RecordedEvent[]; readonly upTo: bigint }[] = [];
  private aheadCount = 0;
  private delivering = false;
  private position = 0n;
  private unknown = 0;
  private following: Promise<void> | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly clock: Clock,
    private readonly alarms: Alarms = new AlarmCounter(),
    private readonly options: ReaderOptions = {},
  ) {
    if (log.store.densePositions) log.onCommitted((events) => this.offer(events));
  }

  /** Finds the log's end and follows it from there; the consumers catch up to it by themselves. */
  async start(): Promise<void> {
    if (this.following !== undefined) throw new Error('the reader is already running');
    this.position = await this.logHead();
    this.following = this.follow();
    for (const pump of this.pumps.values()) pump.wake();
  }

  /** Adds a consumer, before or after `start`. */
  add(consumer: Consumer): void {
    if (this.pumps.has(consumer.name)) throw new Error(`there is already a consumer ${consumer.name}`);
    const pump = new ConsumerPump(consumer, {
      log: this.log,
      clock: this.clock,
      alarms: this.alarms,
      feedPosition: () => this.position,
      maxQueued: this.options.maxQueued ?? 10_000,
      idleMs: this.options.idleMs ?? 250,
    });
    this.pumps.set(consumer.name, pump);
    if (this.following !== undefined) pump.wake();
  }

  /** Takes a consumer off and waits for what it has in hand. An unknown name is no error. */
  async remove(name: string): Promise<void> {
    const pump = this.pumps.get(name);
    this.pumps.delete(name);
    await pump?.stop();
  }

  /** Position of the newest event that was delivered to the consumers that follow. */
  head(): bigint {
    return this.position;
  }

  /** False for an event in a shape of a later version of the program: it comes undecoded. */
  knows(event: RecordedEvent): boolean {
    return isKnown(this.log.catalog, event);
  }

  /** Events of types that this program does not know at all, since its start: nobody was given them. */
  get unknownEvents(): number {
    return this.unknown;
  }

  /** Position of the log's newest event now; waits for a store that is away. */
  logHead(): Promise<bigint> {
    return retryForEver(this.clock, this.stopping.signal, () => this.log.store.head());
  }

  status(): ConsumerStatus[] {
    return [...this.pumps.values()].map((pump) => pump.status());
  }

  /** Events that this process committed and that wait for others' to come before them. */
  get committedAhead(): { readonly depth: number; readonly limit: number } {
    return { depth: this.aheadCount, limit: MAX_AHEAD };
  }

  /** True once the consumer has handled all up to the position; false when `timeoutMs` passed before. */
  waitFor(name: string, position: bigint, timeoutMs?: number): Promise<boolean> {
    const pump = this.pumps.get(name);
    if (pump === undefined) return Promise.reject(new Error(`there is no consumer ${name}`));
    return pump.waitFor(position, timeoutMs);
  }

  /** Resolves once the consumer has handled everything that is in the log now. */
  async caughtUp(name: string): Promise<void> {
    await this.waitFor(name, await this.logHead());
  }

  /** Resolves once every consumer has handled everything that was in the log at the call. */
  async drained(): Promise<void> {
    await Promise.all([...this.pumps.keys()].map((name) => this.caughtUp(name)));
  }

  /** Delivers nothing more and waits for what the consumers have in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.pumps.values()].map((pump) => pump.stop()));
    await this.following;
  }

  /** What this process has committed. Called inside the append: it must not throw. */
  private offer(events: readonly RecordedEvent[]): void {
    const first = events[0]?.position;
    const last = events.at(-1)?.position;
    if (first === undefined || last === undefined || this.following === undefined || this.stopping.signal.aborted || last <= this.position) return;
    if (first > this.position + 1n) {
      if (this.aheadCount + events.length > MAX_AHEAD) return;
      this.ahead.set(first, events);
      this.aheadCount += events.length;
      return;
    }
    this.deliver(events, last);
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted; ) {
      try {
        for await (const message of this.log.store.subscribeToAll({ after: this.position, signal, seen: () => this.position })) {
          if (signal.aborted) return;
          failures = 0;
          if (message.kind === 'checkpoint') this.deliver([], message.position);
          if (message.kind !== 'events') continue;
          const unseen = message.events.filter((event) => event.position > this.position);
          const upTo = unseen.at(-1)?.position;
          for (const event of unseen) if (this.log.catalog.spec(event.type) === undefined) this.unknown += 1;
          if (upTo !== undefined) this.deliver(await decodeAll(this.log, this.clock, this.alarms, unseen, signal), upTo);
        }
      } catch (error) {
        if (signal.aborted) return;
        this.alarms.raise({ code: 'subscription-lost', message: `the subscription ended after position ${this.position}; it is opened again`, error });
      }
      if (signal.aborted) return;
      failures += 1;
      await sleepUnless(this.clock, backoffMs(failures), signal);
    }
  }

  /** Hands on what lies beyond the present position, and what has waited for it. */
  private deliver(events: readonly RecordedEvent[], upTo: bigint): void {
    if (this.stopping.signal.aborted || upTo <= this.position) return;
    this.enqueue(this.position < (events[0]?.position ?? 0n) ? events : events.filter((event) => event.position > this.position), upTo);
    for (let next = this.takeAhead(events); next !== undefined; next = this.takeAhead([])) {
      const last = next.at(-1)?.position ?? 0n;
      if (last > this.position) this.enqueue(next, last);
    }
    if (this.delivering) return;
    this.delivering = true;
    for (let delivery = this.deliveries.shift(); delivery !== undefined; delivery = this.deliveries.shift()) {
      for (const pump of this.pumps.values()) pump.offer(delivery.events, delivery.upTo);
    }
    this.delivering = false;
  }

  private enqueue(events: readonly RecordedEvent[], upTo: bigint): void {
    this.position = upTo;
    this.deliveries.push({ events, upTo });
  }

  private takeAhead(covered: readonly RecordedEvent[]): readonly RecordedEvent[] | undefined {
    if (this.ahead.size === 0) return undefined;
    for (const { position } of covered) this.dropAhead(position);
    return this.dropAhead(this.position + 1n);
  }

  private dropAhead(first: bigint): readonly RecordedEvent[] | undefined {
    const events = this.ahead.get(first);
    if (events === undefined) return undefined;
    this.ahead.delete(first);
    this.aheadCount -= events.length;
    return events;
  }
}
