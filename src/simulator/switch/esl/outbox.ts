import type { ByteStream } from './byte-stream.port.js';

/**
 * What waits to be written to one client. While the client reads, everything is written at once. When it
 * does not, replies wait without limit and events up to a limit; a client that loses more than it may is given up.
 */
export class Outbox {
  #waiting: { bytes: Uint8Array; readonly event: boolean }[] = [];
  /** Index of the first that still waits: an array this long is not shifted one by one. */
  #head = 0;
  #eventsWaiting = 0;
  #blocked = false;
  #lost = 0;

  constructor(
    private readonly stream: ByteStream,
    private readonly limits: { readonly readerLimit: number; readonly readerLossLimit: number },
    private readonly onHopeless: () => void,
  ) {
    stream.onDrain(() => this.#drain());
  }

  /** Events that wait for the client. */
  get backlog(): number {
    return this.#eventsWaiting;
  }

  reply(bytes: Uint8Array): void {
    this.#add(bytes, false);
  }

  event(bytes: Uint8Array): void {
    if (this.#blocked && this.#eventsWaiting >= this.limits.readerLimit) {
      if (++this.#lost > this.limits.readerLossLimit) this.onHopeless();
      return;
    }
    this.#add(bytes, true);
  }

  #add(bytes: Uint8Array, event: boolean): void {
    if (!this.#blocked) {
      if (!this.stream.write(bytes)) this.#blocked = true;
      return;
    }
    if (this.#waiting.length === this.#head && bytes.length > 1) {
      // The socket takes part of a frame before it takes no more: what is cut off then ends in the middle.
      const half = Math.floor(bytes.length / 2);
      this.stream.write(bytes.subarray(0, half));
      bytes = bytes.subarray(half);
    }
    this.#waiting.push({ bytes, event });
    if (event) this.#eventsWaiting++;
  }

  #drain(): void {
    this.#blocked = false;
    while (!this.#blocked) {
      const next = this.#waiting[this.#head];
      if (!next) {
        this.#waiting = [];
        this.#head = 0;
        return;
      }
      this.#head++;
      if (next.event) this.#eventsWaiting--;
      if (!this.stream.write(next.bytes)) this.#blocked = true;
    }
  }
}
