import type { ParkedEvent, ParkedEvents } from './parked-events.port.js';

interface Entry {
  event: ParkedEvent;
  skipped?: { readonly reason: string; readonly by: string };
}

/** Parked events in memory, for tests and the simulation. */
export class InMemoryParkedEvents implements ParkedEvents {
  private readonly entries = new Map<string, Entry>();
  private readonly asks = new Map<string, Set<string>>();

  async park(events: readonly ParkedEvent[]): Promise<void> {
    for (const event of events) {
      const key = keyOf(event.runner, event.position);
      const known = this.entries.get(key);
      if (known === undefined) this.entries.set(key, { event });
      else if (event.error !== '') known.event = { ...known.event, error: event.error };
    }
  }

  async waiting(runner?: string): Promise<ParkedEvent[]> {
    return [...this.entries.values()]
      .filter(({ event, skipped }) => skipped === undefined && (runner === undefined || event.runner === runner))
      .map(({ event }) => event)
      .sort((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : 0));
  }

  async retry(runner: string, lane: string): Promise<number> {
    const waiting = (await this.waiting(runner)).filter((event) => event.lane === lane);
    if (waiting.length > 0) this.ask(runner, lane);
    return waiting.length;
  }

  async skip(runner: string, position: bigint, reason: string, by: string): Promise<boolean> {
    if (reason.trim() === '') throw new TypeError('skipping an event needs a reason; got an empty one');
    const entry = this.entries.get(keyOf(runner, position));
    if (entry === undefined || entry.skipped !== undefined) return false;
    entry.skipped = { reason, by };
    this.ask(runner, entry.event.lane);
    return true;
  }

  async asked(runner: string): Promise<string[]> {
    return [...(this.asks.get(runner) ?? [])];
  }

  async answered(runner: string, lane: string): Promise<void> {
    this.asks.get(runner)?.delete(lane);
  }

  async handled(runner: string, position: bigint): Promise<void> {
    this.entries.delete(keyOf(runner, position));
  }

  async clear(runner: string): Promise<void> {
    for (const [key, { event, skipped }] of this.entries) if (event.runner === runner && skipped === undefined) this.entries.delete(key);
  }

  private ask(runner: string, lane: string): void {
    this.asks.set(runner, (this.asks.get(runner) ?? new Set()).add(lane));
  }
}

const keyOf = (runner: string, position: bigint): string => `${runner}\u001f${position}`;
