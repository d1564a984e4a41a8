import type { Json } from '../../kernel/event.js';

/**
 * Passes on what changed to whoever watches, in all processes. Nothing is kept: who joins late reads
 * the read model first, and a message that is lost on the way is a later reader's business to notice.
 */
export interface LiveFanout {
  /** Never throws; a message that cannot be passed on is dropped with an alarm. */
  publish(topic: string, message: Json): void;
  /** Returns what ends it. `listener` must not throw. */
  subscribe(topic: string, listener: (message: Json) => void): () => void;
  close(): Promise<void>;
}

export const LIVE_FANOUT = Symbol('LiveFanout');

/** Passes on within this process. */
export class InProcessFanout implements LiveFanout {
  private readonly listeners = new Map<string, Set<(message: Json) => void>>();

  publish(topic: string, message: Json): void {
    for (const listener of this.listeners.get(topic) ?? []) listener(message);
  }

  subscribe(topic: string, listener: (message: Json) => void): () => void {
    const set = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.listeners.get(topic) === set) this.listeners.delete(topic);
    };
  }

  close(): Promise<void> {
    this.listeners.clear();
    return Promise.resolve();
  }
}
