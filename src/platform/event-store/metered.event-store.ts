import { Distribution, type DistributionFigures } from '../observability/distribution.js';
import {
  EventStoreUnavailable,
  WrongExpectedRevision,
  type AppendResult,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type ReadAllOptions,
  type ReadStreamOptions,
  type StoredEvent,
  type StoreFigures,
  type SubscribeOptions,
  type SubscriptionMessage,
} from './event-store.port.js';

/** What became of the appends of this process. */
export interface AppendFigures {
  /** Time to the store's answer, s. */
  readonly seconds: DistributionFigures;
  /** Events of an append that was written. */
  readonly events: DistributionFigures;
  /** Appends that found another writer's events, and were decided again. */
  readonly conflicts: number;
  /** Appends that the store did not answer in time. */
  readonly unavailable: number;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const EVENTS = [1, 2, 3, 5, 10, 20, 50, 100, 200];

/** Measures the appends of a store, and is that store in all else. */
export class MeteredEventStore implements EventStore {
  private readonly seconds = new Distribution(SECONDS);
  private readonly events = new Distribution(EVENTS);
  private conflicts = 0;
  private unavailable = 0;
  /** Present where the store has it. */
  readonly appendTogether?: NonNullable<EventStore['appendTogether']>;

  /** `nowMs` counts milliseconds and is never set back. */
  constructor(
    private readonly store: EventStore,
    private readonly nowMs: () => number,
  ) {
    const together = store.appendTogether?.bind(store);
    if (together === undefined) return;
    this.appendTogether = (appends) => this.measured(appends.reduce((sum, { events: { length } }) => sum + length, 0), () => together(appends));
  }

  get appends(): AppendFigures {
    return { seconds: this.seconds, events: this.events, conflicts: this.conflicts, unavailable: this.unavailable };
  }

  get densePositions(): boolean {
    return this.store.densePositions;
  }

  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    return this.measured(events.length, () => this.store.append(stream, expected, events));
  }

  logId(): Promise<string> {
    return this.store.logId();
  }

  readStream(stream: string, options?: ReadStreamOptions): Promise<StoredEvent[]> {
    return this.store.readStream(stream, options);
  }

  readAll(options: ReadAllOptions): Promise<StoredEvent[]> {
    return this.store.readAll(options);
  }

  subscribeToAll(options: SubscribeOptions): AsyncIterable<SubscriptionMessage> {
    return this.store.subscribeToAll(options);
  }

  head(): Promise<bigint> {
    return this.store.head();
  }

  figures(): StoreFigures | undefined {
    return this.store.figures?.();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private async measured<T>(events: number, append: () => Promise<T>): Promise<T> {
    const began = this.nowMs();
    try {
      const result = await append();
      this.events.add(events);
      return result;
    } catch (error) {
      if (error instanceof WrongExpectedRevision) this.conflicts += 1;
      else if (error instanceof EventStoreUnavailable) this.unavailable += 1;
      throw error;
    } finally {
      this.seconds.add((this.nowMs() - began) / 1000);
    }
  }
}
