import type { Clock, Random } from '../../kernel/clock.js';
import type { SwitchEvent } from './switch-event.js';

/** Somebody to whom events go: an ESL session. */
export interface EventSubscriber {
  wants(name: string, subclass?: string): boolean;
  deliver(event: SwitchEvent): void;
}

/** What a fault does with an event on its way: the events that go out in its place, now or later through `release`. */
export type EventFault = (event: SwitchEvent, release: (event: SwitchEvent) => void) => readonly SwitchEvent[];

export interface EventBusOptions {
  /** How long a fired event may take to its subscribers, ms: FreeSWITCH's dispatch queue. */
  readonly latencyMs: readonly [least: number, most: number];
  /** Probability that two neighbouring events of different channels arrive the other way round. */
  readonly inversion: number;
}

/**
 * From the place where an event is fired to those who subscribed: with a small delay, and in an order
 * that is kept within each channel but not across channels.
 */
export class EventBus {
  readonly #subscribers = new Set<EventSubscriber>();
  #pending: SwitchEvent[] = [];
  #armed = false;
  fault: EventFault | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly options: EventBusOptions,
  ) {}

  add(subscriber: EventSubscriber): void {
    this.#subscribers.add(subscriber);
  }

  remove(subscriber: EventSubscriber): void {
    this.#subscribers.delete(subscriber);
  }

  /** Whether it is worth making the event at all. */
  wanted(name: string, subclass?: string): boolean {
    for (const subscriber of this.#subscribers) if (subscriber.wants(name, subclass)) return true;
    return false;
  }

  push(event: SwitchEvent): void {
    const outgoing = this.fault ? this.fault(event, (late) => this.#queue(late)) : [event];
    for (const each of outgoing) this.#queue(each);
  }

  /** Delivers at once all that is on its way. */
  flush(): void {
    const batch = this.#pending;
    this.#pending = [];
    for (let i = 1; i < batch.length; i++) {
      const [before, after] = [batch[i - 1]!, batch[i]!];
      if (before.channelId && after.channelId && before.channelId !== after.channelId && this.random.next() < this.options.inversion) {
        batch[i - 1] = after;
        batch[i] = before;
        i++;
      }
    }
    for (const event of batch) {
      for (const subscriber of [...this.#subscribers]) if (subscriber.wants(event.name, event.subclass)) subscriber.deliver(event);
    }
  }

  /** Events that are on their way are lost: the switch died. */
  drop(): void {
    this.#pending = [];
  }

  #queue(event: SwitchEvent): void {
    this.#pending.push(event);
    if (this.#armed) return;
    this.#armed = true;
    const [least, most] = this.options.latencyMs;
    this.clock.after(least + Math.floor(this.random.next() * (most - least + 1)), () => {
      this.#armed = false;
      this.flush();
    });
  }
}
