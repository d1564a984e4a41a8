import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * A connection on which nothing was ever asked counts as busy to a server that closes, and would hold
 * it up for a minute. Returns what ends those that there are, and those that still come.
 */
export const silentConnectionsOf = (server: Server): (() => void) => {
  const silent = new Set<Socket>();
  let closing = false;
  server.on('connection', (socket: Socket) => {
    if (closing) {
      socket.destroy();
      return;
    }
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', (request: IncomingMessage) => silent.delete(request.socket));
  return () => {
    closing = true;
    for (const socket of silent) socket.destroy();
  };
};
