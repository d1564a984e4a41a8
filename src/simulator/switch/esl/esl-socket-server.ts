import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ByteStream } from './byte-stream.port.js';

/** Largest amount the process holds for one client before it counts as not reading, bytes. */
const HIGH_WATER = 256 * 1024;

class SocketStream implements ByteStream {
  #corked = false;

  constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    // A reset is no more than a close.
    socket.on('error', () => undefined);
  }

  write(bytes: Uint8Array): boolean {
    if (this.socket.destroyed || this.socket.writableEnded) return true;
    if (!this.#corked) {
      this.#corked = true;
      this.socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.socket.uncork();
      });
    }
    this.socket.write(bytes);
    return this.socket.writableLength < HIGH_WATER;
  }

  onData(listener: (bytes: Buffer) => void): void {
    this.socket.on('data', listener);
  }

  onDrain(listener: () => void): void {
    this.socket.on('drain', listener);
  }

  onClose(listener: () => void): void {
    this.socket.once('close', listener);
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.resetAndDestroy();
  }
}

export interface EslSocketServerOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Loopback unless said otherwise. */
  readonly host?: string;
}

/** Whoever takes connections: the simulated switch. */
export interface StreamAcceptor {
  accept(stream: ByteStream): void;
}

/** The event socket of a simulated switch on real TCP. */
export class EslSocketServer {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(
    private readonly acceptor: StreamAcceptor,
    private readonly options: EslSocketServerOptions = {},
  ) {
    this.#port = options.port ?? 0;
  }

  /** The port that it listens on; the same one again after `refuse` and `listen`. */
  get port(): number {
    return this.#port;
  }

  get host(): string {
    return this.options.host ?? '127.0.0.1';
  }

  async listen(): Promise<void> {
    if (this.#server) return;
    const server = createServer({ noDelay: true, highWaterMark: HIGH_WATER }, (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      this.acceptor.accept(new SocketStream(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, this.host, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Stops listening: new connections are refused by the machine. Those that stand stay. */
  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
