import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';

/** One connection that a client made, seen from the switch's side. */
export interface EslPeer {
  readonly socket: Socket;
  /** Commands received so far, without the empty line that ends them. */
  readonly commands: readonly string[];
  /** Sends bytes as they are; with `piece`, in pieces of so many bytes, each a packet of its own. */
  send(bytes: string | Buffer, piece?: number): Promise<void>;
  /** The next command; fails when the client closes instead. */
  next(): Promise<string>;
  /** `command/reply` with this Reply-Text. */
  reply(text: string): Promise<void>;
  /** `api/response` with this body. */
  respond(body: string): Promise<void>;
  /** Asks for the password and accepts whatever comes. */
  authenticate(): Promise<void>;
  /** Resolves when the client has closed. */
  closed: Promise<void>;
}

export interface EslServer {
  readonly port: number;
  readonly peers: readonly EslPeer[];
  close(): Promise<void>;
}

/**
 * A TCP server on loopback that says what a test tells it to. `script` runs once per connection; what it
 * throws after the client has gone is of no interest, anything before fails `close`.
 */
export async function startEslServer(script: (peer: EslPeer) => Promise<void>, options: { readonly allowHalfOpen?: boolean } = {}): Promise<EslServer> {
  const peers: EslPeer[] = [];
  const failures: unknown[] = [];
  const server = createServer({ allowHalfOpen: options.allowHalfOpen ?? false, noDelay: true }, (socket) => {
    const peer = eslPeer(socket);
    peers.push(peer);
    script(peer).catch((error: unknown) => {
      if (!socket.destroyed) failures.push(error);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    peers,
    close: async () => {
      for (const peer of peers) peer.socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** The switch's side of a socket, whoever made the connection. */
export function eslPeer(socket: Socket): EslPeer {
  const commands: string[] = [];
  let taken = 0;
  let text = '';
  let gone = false;
  let wake = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      gone = true;
      wake();
      resolve();
    };
    socket.on('close', end).on('end', end);
  });
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      commands.push(text.slice(0, end));
      text = text.slice(end + 2);
    }
    wake();
  });
  const peer: EslPeer = {
    socket,
    commands,
    closed,
    send: async (bytes, piece) => {
      const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
      const size = piece ?? Math.max(1, buffer.length);
      for (let at = 0; at < buffer.length; at += size) {
        if (socket.destroyed) return;
        await new Promise<void>((resolve) => socket.write(buffer.subarray(at, at + size), () => resolve()));
      }
    },
    next: async () => {
      while (commands.length <= taken) {
        if (gone) throw new Error('the client closed instead of sending a command');
        await new Promise<void>((resolve) => (wake = resolve));
      }
      return commands[taken++] ?? '';
    },
    reply: (reply) => peer.send(`Content-Type: command/reply\nReply-Text: ${reply}\n\n`),
    respond: (body) => peer.send(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`),
    authenticate: async () => {
      await peer.send('Content-Type: auth/request\n\n');
      await peer.next();
      await peer.reply('+OK accepted');
    },
  };
  return peer;
}

/** A JSON event as the switch frames it. */
export function jsonEvent(headers: Readonly<Record<string, string>>): Buffer {
  const body = Buffer.from(JSON.stringify(headers));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\nContent-Type: text/event-json\n\n`), body]);
}
