import type { Clock } from '../../../kernel/clock.js';
import type { ByteStream } from './byte-stream.port.js';

const HIGH_WATER = 64 * 1024;

/** One end of a pair; what one writes arrives at the other in a step of its own. */
export class InMemoryStream implements ByteStream {
  peer!: InMemoryStream;
  #inbox: Buffer[] = [];
  #size = 0;
  #scheduled = false;
  #reading = true;
  #open = true;
  #endReceived = false;
  #peerWaits = false;
  #data: (bytes: Buffer) => void = () => undefined;
  #drain: () => void = () => undefined;
  #close: () => void = () => undefined;

  constructor(private readonly clock: Clock) {}

  write(bytes: Uint8Array): boolean {
    if (!this.#open || !this.peer.#open) return true;
    return this.peer.#receive(Buffer.from(bytes));
  }

  onData(listener: (bytes: Buffer) => void): void {
    this.#data = listener;
  }

  onDrain(listener: () => void): void {
    this.#drain = listener;
  }

  onClose(listener: () => void): void {
    this.#close = listener;
  }

  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.peer.#endReceived = true;
    this.peer.#schedule();
    this.clock.after(0, () => this.#close());
  }

  destroy(): void {
    this.end();
    this.peer.#inbox = [];
  }

  /** A reader that stops reading: the writer's `write` soon answers false. */
  pause(): void {
    this.#reading = false;
  }

  resume(): void {
    this.#reading = true;
    this.#schedule();
  }

  #receive(bytes: Buffer): boolean {
    this.#inbox.push(bytes);
    this.#size += bytes.length;
    this.#schedule();
    if (this.#reading || this.#size < HIGH_WATER) return true;
    this.#peerWaits = true;
    return false;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.clock.after(0, () => {
      this.#scheduled = false;
      this.#empty();
    });
  }

  #empty(): void {
    if (!this.#open || (!this.#reading && !this.#endReceived)) return;
    const bytes = Buffer.concat(this.#inbox);
    this.#inbox = [];
    this.#size = 0;
    if (bytes.length > 0) this.#data(bytes);
    if (this.#peerWaits) {
      this.#peerWaits = false;
      this.peer.#drain();
    }
    if (this.#endReceived && this.#open) {
      this.#open = false;
      this.#close();
    }
  }
}

/** Two ends of one connection in memory. */
export const inMemoryConnection = (clock: Clock): [InMemoryStream, InMemoryStream] => {
  const ends: [InMemoryStream, InMemoryStream] = [new InMemoryStream(clock), new InMemoryStream(clock)];
  ends[0].peer = ends[1];
  ends[1].peer = ends[0];
  return ends;
};
