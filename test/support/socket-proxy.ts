import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';

/** A place between a client and PostgreSQL where the line can be cut. */
export interface SocketProxy {
  /** How to connect through it. */
  readonly pool: pg.PoolConfig;
  /** Breaks what is open and refuses what comes. */
  cut(): Promise<void>;
  /** Nothing passes any more, but nobody is told: a silent network. */
  freeze(): void;
  /** As if nothing had been; what was cut stays cut. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

/** Puts a proxy before the unix socket of `target`. */
export const socketProxy = async (target: pg.PoolConfig): Promise<SocketProxy> => {
  const directory = mkdtempSync(join(tmpdir(), 'proxy-'));
  const name = `.s.PGSQL.${target.port}`;
  const sockets = new Set<Socket>();
  let frozen = false;
  let server: Server | undefined;

  const track = (socket: Socket, peer: Socket): void => {
    sockets.add(socket);
    if (frozen) socket.pause();
    socket.on('data', (chunk: Buffer) => peer.write(chunk));
    socket.on('error', () => peer.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      peer.destroy();
    });
    if (frozen) socket.pause();
  };
  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server = createServer((client) => {
        const upstream = connect(join(String(target.host), name));
        track(client, upstream);
        track(upstream, client);
      });
      server.once('error', reject).listen(join(directory, name), resolve);
    });
  const cut = async (): Promise<void> => {
    const closed = new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    server = undefined;
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  await listen();
  return {
    pool: { ...target, host: directory },
    cut,
    freeze: () => {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    restore: async () => {
      frozen = false;
      for (const socket of sockets) socket.resume();
      if (server === undefined) await listen();
    },
    close: async () => {
      await cut();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
