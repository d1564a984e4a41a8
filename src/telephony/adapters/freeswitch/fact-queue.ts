import type { SwitchFact } from '../../ports/switch-facts.js';

/** Facts that wait, with the memory that they take. */
export class FactQueue {
  #facts: SwitchFact[] = [];
  #bytes = 0;
  #since: number | undefined;
  readonly #appeared = new Set<string>();
  readonly #ended = new Set<string>();

  /** Estimated from their JSON. */
  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#facts.length;
  }

  /** When the oldest that waits came, ms; undefined where none waits. */
  get since(): number | undefined {
    return this.#since;
  }

  /** `now` is when they came, ms. */
  push(facts: readonly SwitchFact[], now: number): void {
    if (facts.length > 0) this.#since ??= now;
    for (const fact of facts) {
      this.#facts.push(fact);
      this.#bytes += 2 * JSON.stringify(fact).length;
      if (fact.kind === 'channel-appeared') this.#appeared.add(fact.channelId);
      if (fact.kind === 'channel-ended' || fact.kind === 'channel-destroyed') this.#ended.add(fact.channelId);
    }
  }

  takeAll(): SwitchFact[] {
    const facts = this.#facts;
    this.#facts = [];
    this.#bytes = 0;
    this.#since = undefined;
    this.#appeared.clear();
    this.#ended.clear();
    return facts;
  }

  /** Whether a waiting fact tells that the channel appeared. */
  tellsStartOf(channelId: string): boolean {
    return this.#appeared.has(channelId);
  }

  /** Whether a waiting fact tells that the channel ended. */
  tellsEndOf(channelId: string): boolean {
    return this.#ended.has(channelId);
  }
}
