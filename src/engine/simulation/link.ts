import type { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import type { Random } from '../../kernel/clock.js';
import { type EventStore, EventStoreUnavailable, type SubscribeOptions, type SubscriptionMessage } from '../../platform/event-store/event-store.port.js';
import { DatabaseUnavailable } from '../../platform/postgres/database-errors.js';

/** What a process cannot do without. */
export type Outside = 'store' | 'database';

/** What is out of reach now, for one process or for all. */
export interface Weather {
  readonly away: ReadonlySet<Outside>;
  /** Probability that a write is carried out and its answer lost. */
  readonly losesAnswers: number;
}

const FAIR: Weather = { away: new Set(), losesAnswers: 0 };

/** Promises that are on their way when a process dies never come. */
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

const away = (outside: Outside): Error => (outside === 'store' ? new EventStoreUnavailable('the event store is away') : new DatabaseUnavailable('the database cannot be reached'));

/**
 * The way from one process to its stores: answers take a seeded while, so that what runs side by side
 * meets in ever other orders; what is away refuses, sometimes after it has done what it was asked for.
 */
export class Link {
  weather: Weather = FAIR;
  private callsLeft: number | undefined;
  private diesAfterwards = false;
  private readonly death = new AbortController();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly onDoom: () => void = () => undefined,
  ) {}

  /** The process dies at its so many-th call or step from now, before or after it is carried out. */
  doom(calls: number, afterwards: boolean): void {
    this.callsLeft = calls;
    this.diesAfterwards = afterwards;
  }

  /** Nothing passes any more, in either direction. */
  sever(): void {
    this.death.abort();
  }

  get severed(): AbortSignal {
    return this.death.signal;
  }

  /** Carries a call there and its answer back. */
  async call<T>(outside: Outside, writes: boolean, deed: () => Promise<T>, refusal: (outside: Outside) => Error = away): Promise<T> {
    if (this.death.signal.aborted) return never();
    const doomed = this.callsLeft !== undefined && (this.callsLeft -= 1) <= 0;
    if (doomed && !this.diesAfterwards) return this.perish();
    await this.lag(0.4, 4);
    if (this.weather.away.has(outside)) {
      // The last ones that got through before the way was cut have been heard.
      if (writes && this.random.next() < 0.1) await deed().catch(() => undefined);
      await this.lag(1, 400);
      throw refusal(outside);
    }
    const loses = writes && this.weather.losesAnswers > 0 && this.random.next() < this.weather.losesAnswers;
    const settled = await deed().then((value) => ({ value }), (error: unknown) => ({ error }));
    if (doomed) return this.perish();
    await this.lag(0.15, 6);
    if (loses && 'value' in settled) throw refusal(outside);
    if ('error' in settled) throw settled.error;
    return settled.value;
  }

  /** A wait of up to `most` ms with that probability. A process that died meanwhile never comes back from it. */
  async lag(probability: number, most: number): Promise<void> {
    if (this.random.next() < probability) await new Promise<void>((resolve) => void this.clock.after(1 + Math.floor(this.random.next() * most), resolve));
    if (this.death.signal.aborted) await never();
  }

  /**
   * A step that reaches the outside at once, such as a command to the switch: false where the process dies
   * before it. It may also die right after it.
   */
  step(): boolean {
    if (this.death.signal.aborted) return false;
    const doomed = this.callsLeft !== undefined && (this.callsLeft -= 1) <= 0;
    if (!doomed) return true;
    const { diesAfterwards } = this;
    // Whoever takes the step is not yet gone while it does so.
    if (diesAfterwards) queueMicrotask(() => void this.perish());
    else void this.perish();
    return diesAfterwards;
  }

  private perish<T>(): Promise<T> {
    this.callsLeft = undefined;
    this.onDoom();
    return never();
  }
}

/** A port behind the link: the named methods go over it, `true` for those that write; all else is as it is. */
export const linked = <Port extends object>(port: Port, link: Link, outside: Outside, methods: Partial<Readonly<Record<keyof Port, boolean>>>, refusal?: (outside: Outside) => Error): Port => {
  const made = new Map<PropertyKey, unknown>();
  const over = (name: PropertyKey, value: unknown): unknown => {
    if (typeof value !== 'function') return value;
    const method = value.bind(port) as (...args: unknown[]) => unknown;
    const writes = methods[name as keyof Port];
    return writes === undefined ? method : (...args: unknown[]) => link.call(outside, writes, async () => method(...args), refusal);
  };
  return new Proxy(port, {
    get(target, name) {
      if (!made.has(name)) made.set(name, over(name, Reflect.get(target, name, target)));
      return made.get(name);
    },
  });
};

/** The key store says in its own words that it is away. */
export const keysAway = (): Error => new DomainError('unavailable', 'subject-keys-unavailable', 'the store of personal keys did not answer; try again');

/** The event store behind the link. What others append comes a seeded while later. */
export const linkedStore = (store: EventStore, link: Link): EventStore => {
  const port = linked(store, link, 'store', { append: true, appendTogether: true, readStream: false, readAll: false, head: false, logId: false });
  const subscribe = async function* (options: SubscribeOptions): AsyncGenerator<SubscriptionMessage, void, undefined> {
    const signal = AbortSignal.any([options.signal, link.severed]);
    for await (const message of store.subscribeToAll({ ...options, signal })) {
      await link.lag(0.5, 6);
      if (link.weather.away.has('store')) throw new EventStoreUnavailable('the subscription was cut');
      yield message;
    }
  };
  return new Proxy(port, { get: (target, name) => (name === 'subscribeToAll' ? subscribe : (Reflect.get(target, name) as unknown)) });
};
