import { randomUUID } from 'node:crypto';
import type { EventFilter, EventStore, NewEvent, StoredEvent, SubscriptionMessage } from '../../../src/platform/event-store/event-store.port.js';

/** What a suite needs of one kind of store. The log need not be empty: tests use streams of their own. */
export interface StoreUnderTest {
  readonly store: EventStore;
  /** One more adapter to the same log, as a second process would have. Absent: the same one is used twice. */
  another?(): Promise<EventStore>;
  dispose(): Promise<void>;
}

/** The store of the running test, for suites that are declared before there is one. */
export type CurrentStore = () => StoreUnderTest;

let numbered = 0;

/** A stream name that no other test uses. */
export const freshStream = (category = 'contract'): string => `${category}-${randomUUID()}`;

export const newEvent = (over: Partial<NewEvent> = {}): NewEvent => ({
  id: randomUUID(),
  type: 'ThingHappened',
  schemaVersion: 1,
  data: { number: ++numbered },
  metadata: {
    tenantId: 'acme',
    occurredAt: '2026-02-03T04:05:06.789Z',
    commandId: randomUUID(),
    $correlationId: randomUUID(),
    $causationId: randomUUID(),
    actor: { kind: 'system', id: 'contract' },
  },
  ...over,
});

export const newEvents = (count: number, over: Partial<NewEvent> = {}): NewEvent[] => Array.from({ length: count }, () => newEvent(over));

export const idsOf = (events: readonly { readonly id: string }[]): string[] => events.map(({ id }) => id);

/** All events after a position, read page by page. */
export const readOn = async (store: EventStore, after: bigint, filter?: EventFilter, page = 100): Promise<StoredEvent[]> => {
  const all: StoredEvent[] = [];
  for (;;) {
    const found = await store.readAll({ after: all.at(-1)?.position ?? after, maxCount: page, ...(filter && { filter }) });
    all.push(...found);
    if (found.length < page) return all;
  }
};

/** A reader in the background that keeps all it was given. */
export class Tail {
  readonly messages: SubscriptionMessage[] = [];
  readonly events: StoredEvent[] = [];
  private readonly abort = new AbortController();
  private readonly finished: Promise<void>;
  private failure: unknown;
  private ended = false;
  private waiting: (() => void)[] = [];

  constructor(store: EventStore, after: bigint, filter?: EventFilter) {
    this.finished = this.run(store.subscribeToAll({ after, signal: this.abort.signal, ...(filter && { filter }) }));
  }

  /** Resolves as soon as the condition holds; fails if the subscription ended before. */
  async until(condition: (tail: this) => boolean): Promise<void> {
    while (!condition(this)) {
      if (this.failure !== undefined) throw this.failure;
      if (this.hasEnded) throw new Error('the subscription ended before what was waited for');
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  get hasEnded(): boolean {
    return this.ended;
  }

  get hasCaughtUp(): boolean {
    return this.messages.some(({ kind }) => kind === 'caughtUp');
  }

  /** The highest position that is safe to resume after. */
  get checkpoint(): bigint {
    return this.messages.reduce((highest, message) => {
      const position = message.kind === 'checkpoint' ? message.position : message.kind === 'events' ? (message.events.at(-1)?.position ?? 0n) : 0n;
      return position > highest ? position : highest;
    }, 0n);
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.finished;
    if (this.failure !== undefined) throw this.failure;
  }

  private async run(subscription: AsyncIterable<SubscriptionMessage>): Promise<void> {
    try {
      for await (const message of subscription) {
        this.messages.push(message);
        if (message.kind === 'events') this.events.push(...message.events);
        this.tellWaiting();
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.ended = true;
      this.tellWaiting();
    }
  }

  private tellWaiting(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resume of waiting) resume();
  }
}
