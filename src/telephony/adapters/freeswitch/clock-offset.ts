const HEARTBEATS = 6;

/**
 * How far a switch's clock is ahead of ours, from its heartbeats. Every one comes late, some later:
 * the one that was fastest on its way is nearest to the truth, so the largest offset counts.
 */
export class ClockOffset {
  readonly #recent: number[] = [];

  /** Takes `switch time - our time of receipt`, ms, and answers with the best estimate of the last heartbeats. */
  measured(offsetMs: number): number {
    this.#recent.push(offsetMs);
    if (this.#recent.length > HEARTBEATS) this.#recent.shift();
    return Math.max(...this.#recent);
  }

  /** Best estimate, ms; undefined before the first heartbeat. */
  get estimate(): number | undefined {
    return this.#recent.length === 0 ? undefined : Math.max(...this.#recent);
  }

  /** After a restart or a gap the clocks may have been set. */
  forget(): void {
    this.#recent.length = 0;
  }
}
