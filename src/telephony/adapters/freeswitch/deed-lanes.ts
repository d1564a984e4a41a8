/**
 * Deeds on one channel run one after the other, those on different channels in parallel: the switch
 * gives every background job a thread of its own and no order.
 */
export class DeedLanes {
  readonly #tails = new Map<string, Promise<void>>();

  /** Channels with a deed running or waiting. */
  get size(): number {
    return this.#tails.size;
  }

  /** Runs `deed` when its turn comes. It lets the next one go by `release`, at the latest when it is done. */
  run<Result>(lane: string, deed: (release: () => void) => Promise<Result>): Promise<Result> {
    const before = this.#tails.get(lane) ?? Promise.resolve();
    let release = (): void => undefined;
    const turn = new Promise<void>((resolve) => (release = resolve));
    const tail = before.then(() => turn);
    this.#tails.set(lane, tail);
    void tail.then(() => {
      if (this.#tails.get(lane) === tail) this.#tails.delete(lane);
    });
    return before.then(() => deed(release)).finally(release);
  }
}
