import type { Redis } from 'ioredis';
import type { Json } from '../../kernel/event.js';
import { InProcessFanout, type LiveFanout } from '../http/live-fanout.port.js';
import type { Alarms } from '../observability/alarms.port.js';

const PREFIX = 'trunkline:live:';

/**
 * Passes changes on to all processes over Redis, and within this one directly: who watches here sees
 * what happens here while Redis is away, too.
 */
export class RedisFanout implements LiveFanout {
  private readonly here = new InProcessFanout();
  private readonly watched = new Map<string, number>();
  private away = false;

  constructor(
    private readonly publisher: Redis,
    /** A connection of its own: one that subscribes can do nothing else. */
    private readonly subscriber: Redis,
    /** Unique per process, so that its own messages are not delivered twice. */
    private readonly origin: string,
    private readonly alarms: Alarms,
  ) {
    subscriber.on('message', (channel: string, text: string) => this.receive(channel, text));
  }

  publish(topic: string, message: Json): void {
    this.here.publish(topic, message);
    this.publisher.publish(PREFIX + topic, JSON.stringify({ origin: this.origin, message })).then(
      () => (this.away = false),
      (error: unknown) => this.failed(error),
    );
  }

  subscribe(topic: string, listener: (message: Json) => void): () => void {
    const end = this.here.subscribe(topic, listener);
    const watchers = (this.watched.get(topic) ?? 0) + 1;
    this.watched.set(topic, watchers);
    if (watchers === 1) this.subscriber.subscribe(PREFIX + topic).catch((error: unknown) => this.failed(error));
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      end();
      this.leave(topic);
    };
  }

  async close(): Promise<void> {
    await this.here.close();
    this.watched.clear();
  }

  private leave(topic: string): void {
    const left = (this.watched.get(topic) ?? 0) - 1;
    if (left > 0) {
      this.watched.set(topic, left);
    } else if (this.watched.delete(topic)) {
      this.subscriber.unsubscribe(PREFIX + topic).catch((error: unknown) => this.failed(error));
    }
  }

  private receive(channel: string, text: string): void {
    if (!channel.startsWith(PREFIX)) return;
    try {
      const { origin, message } = JSON.parse(text) as { origin?: unknown; message?: Json };
      if (origin !== this.origin && message !== undefined) this.here.publish(channel.slice(PREFIX.length), message);
    } catch (error) {
      this.alarms.raise({ code: 'live-message-unreadable', message: 'a message on a channel of ours in Redis is not ours', error });
    }
  }

  private failed(error: unknown): void {
    if (!this.away) this.alarms.raise({ code: 'live-fanout-away', message: 'Redis does not pass live changes on; boards of other processes miss them', error });
    this.away = true;
  }
}
