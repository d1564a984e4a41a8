import { Readable } from 'node:stream';

/** What may wait for a client that does not read, bytes; beyond it the client is cut off and may come back. */
export const MAX_WAITING = 4 * 1024 * 1024;

/** How soon a client that was cut off tries again, ms. */
const RETRY_MS = 2_000;

/** Server-sent events on their way to one client. */
export class EventStream {
  readonly stream = new Readable({ read: () => undefined });

  constructor() {
    this.stream.push(`retry: ${RETRY_MS}\n\n`);
  }

  /** What waits for the client, bytes. */
  get waitingBytes(): number {
    return this.stream.readableLength;
  }

  send(event: string, id: string, data: unknown): void {
    this.push(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Keeps the connection from being taken for dead. */
  beat(): void {
    this.push(': still here\n\n');
  }

  end(): void {
    if (!this.stream.destroyed) this.stream.push(null);
  }

  onClose(listener: () => void): void {
    this.stream.once('close', listener);
  }

  private push(text: string): void {
    if (this.stream.destroyed || this.stream.readableEnded) return;
    this.stream.push(text);
    if (this.stream.readableLength > MAX_WAITING) this.stream.destroy();
  }
}
