import type { Clock, Timer } from '../../kernel/clock.js';

interface Step {
  readonly due: number;
  readonly run: () => void;
}

/**
 * A channel's own thread: steps run one after the other in the order given, each no earlier than its
 * delay and never before the one ahead of it. So the order within a leg holds, whatever the clock does.
 */
export class ChannelThread {
  readonly #steps: Step[] = [];
  #timer: Timer | undefined;

  constructor(private readonly clock: Clock) {}

  /** Runs `step` after `ms` milliseconds, and after every step given before. */
  run(ms: number, step: () => void): void {
    const last = this.#steps.at(-1);
    const due = Math.max(this.clock.now() + ms, last?.due ?? 0);
    this.#steps.push({ due, run: step });
    if (!this.#timer) this.#arm();
  }

  /** Forgets the steps that have not run: what the thread was doing was interrupted. */
  clear(): void {
    this.#steps.length = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const head = this.#steps[0];
    if (!head) return;
    this.#timer = this.clock.after(Math.max(0, head.due - this.clock.now()), () => {
      this.#timer = undefined;
      const step = this.#steps[0];
      // A timer of the machine may fire a fraction early.
      if (step && step.due <= this.clock.now() + 1) {
        this.#steps.shift();
        step.run();
      }
      if (!this.#timer) this.#arm();
    });
  }
}
