import type { SwitchFact } from '../../ports/switch-facts.js';
import { FactQueue } from './fact-queue.js';

/**
 * Hands facts on in the order in which they came, one call after the other, and keeps those that must
 * wait, up to a limit. The first failure (the taker's, or too many that wait) drops what waits and all
 * that comes, until `start` is called again.
 */
export class FactDelivery {
  readonly #queue = new FactQueue();
  #running: Promise<void> | undefined;
  #flowing = true;
  #failed = false;

  /** `onFailure` is told since when facts are lost, ms. */
  constructor(
    private readonly take: (facts: readonly SwitchFact[]) => void | Promise<void>,
    private readonly maxBytes: number,
    private readonly onFailure: (message: string, sinceMs: number) => void,
  ) {}

  get waitingBytes(): number {
    return this.#queue.bytes;
  }

  /** When the oldest that waits came, ms; undefined where none waits. */
  get waitingSince(): number | undefined {
    return this.#queue.since;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** Resolves when the taker has come back from its last call. */
  async idle(): Promise<void> {
    await this.#running;
  }

  tellsStartOf(channelId: string): boolean {
    return this.#queue.tellsStartOf(channelId);
  }

  tellsEndOf(channelId: string): boolean {
    return this.#queue.tellsEndOf(channelId);
  }

  /** From now on facts wait. */
  hold(): void {
    this.#flowing = false;
  }

  /** Facts are kept again after a failure; they flow or wait as before. */
  start(): void {
    this.#failed = false;
  }

  /** From now on facts flow, first those that wait. */
  flow(): void {
    this.#flowing = true;
    this.#run([], 0);
  }

  /** `now` is when they came, ms. */
  push(facts: readonly SwitchFact[], now: number): void {
    if (this.#failed) return;
    if (this.#flowing && this.#running === undefined && this.#queue.length === 0) {
      this.#run(facts, now);
      return;
    }
    this.#queue.push(facts, now);
    if (this.#queue.bytes > this.maxBytes) this.fail(`more than ${this.maxBytes} bytes of facts waited to be taken`, this.#queue.since ?? now);
  }

  fail(message: string, sinceMs: number): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#queue.takeAll();
    this.onFailure(message, sinceMs);
  }

  /** Nothing is handed on any more. */
  end(): void {
    this.#failed = true;
    this.#queue.takeAll();
  }

  #run(facts: readonly SwitchFact[], now: number): void {
    if (this.#running !== undefined) return;
    let batch = facts;
    let since = now;
    try {
      for (;;) {
        if (batch.length === 0) {
          if (!this.#flowing || this.#queue.since === undefined) return;
          since = this.#queue.since;
          batch = this.#queue.takeAll();
        }
        const taken = this.take(batch);
        batch = [];
        if (taken === undefined) continue;
        this.#running = this.#untilTaken(taken, since);
        return;
      }
    } catch (error) {
      this.fail(messageOf(error), since);
    }
  }

  async #untilTaken(taken: Promise<void>, since: number): Promise<void> {
    try {
      await taken;
    } catch (error) {
      this.fail(messageOf(error), since);
    }
    this.#running = undefined;
    this.#run([], 0);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
