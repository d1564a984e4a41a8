import type { Socket } from 'node:net';
import modesl from 'modesl';
import type { EslClientOptions } from './esl-client.port.js';
import { EslConnectError } from './esl-client.port.js';
import type { EslMessage } from './esl-decoder.js';
import { EslDecoder } from './esl-decoder.js';
import { ESL_LIMITS } from './esl-frames.js';

/** An authenticated connection, at the byte after the answer to `auth`. */
export interface AuthenticatedConnection {
  readonly socket: Socket;
  readonly decoder: EslDecoder;
  /** What came behind that answer in the same piece. */
  readonly early: readonly EslMessage[];
  readonly write: (command: string) => void;
}

/**
 * modesl's connection without its parser: it dials, answers the request for a password, and writes
 * commands. Its parser throws out of the socket handler on a malformed `%`, holds without bound, and
 * reads a notice inside an unfinished frame as part of it; its answers go to the wrong command after
 * an `execute` or an `api` that is refused. Frames and answers are therefore ours.
 */
class ModeslConnection extends modesl.Connection {
  protected override _onConnect(): void {
    this.connecting = false;
    this.emit('esl::connect');
    this.on('esl::event::auth::request', () => this.auth());
  }

  /** modesl subscribes by itself after the authentication; here the owner says what it wants. */
  override subscribe(): void {}

  /** Lets modesl answer what belongs to the authentication. */
  hear(message: EslMessage): void {
    if (message.kind === 'auth-request') this._onEvent(new modesl.Event({}), { 'Content-Type': 'auth/request' });
    if (message.kind !== 'reply') return;
    const reply = new modesl.Event({ 'Reply-Text': message.text });
    if (message.text.startsWith('+OK ')) reply.addHeader('Modesl-Reply-OK', message.text.slice(4));
    this._onEvent(reply, { 'Content-Type': 'command/reply' });
  }
}

/** Dials and authenticates with modesl, or throws EslConnectError; the socket is then no longer read by anyone. */
export function dial(options: EslClientOptions): Promise<AuthenticatedConnection> {
  return new Promise((resolve, reject) => {
    const where = `${options.host}:${options.port}`;
    const connection = new ModeslConnection(options.host, options.port, options.password);
    const socket = connection.socket;
    if (socket === null) throw new EslConnectError('unreachable', `no socket for ${where}`);
    socket.setNoDelay(true).setKeepAlive(true, 30_000);
    const decoder = new EslDecoder(ESL_LIMITS, options.headers);
    let connected = false;
    let done = false;

    const fail = (reason: EslConnectError['reason'], message: string): void => {
      release();
      socket.destroy();
      reject(new EslConnectError(reason, message));
    };
    const timer = setTimeout(() => {
      const what = connected ? 'accepted the connection and did not answer as an event socket' : 'did not accept a connection';
      fail('unreachable', `${where} ${what} within ${options.connectTimeoutMs} ms`);
    }, options.connectTimeoutMs);
    const onConnected = (): void => void (connected = true);
    const onClosed = (): void => fail('unreachable', `${where} closed the connection before the authentication was done`);
    // modesl repeats the socket's errors, and without a listener throws them.
    connection.on('error', (error: Error) => {
      if (!done) fail('unreachable', `${where} cannot be reached: ${error.message}`);
    });

    const onData = (chunk: Buffer): void => {
      const messages = decoder.push(chunk);
      for (const [index, message] of messages.entries()) {
        switch (message.kind) {
          case 'auth-request':
            connection.hear(message);
            continue;
          case 'reply':
            connection.hear(message);
            if (!connection.authed) return fail(...authenticationFailure(where, message.text));
            release();
            socket.pause();
            return resolve({ socket, decoder, early: messages.slice(index + 1), write: (command) => connection.send(command) });
          case 'rude-rejection':
            return fail('rejected', `${where} rejects this address (apply-inbound-acl in its event_socket.conf.xml): ${message.text}`);
          case 'disconnect-notice':
            return fail('unreachable', `${where} closed the connection before the authentication was done: ${message.text}`);
          default:
            return fail('protocol-error', `${where} is no event socket: ${'message' in message ? message.message : `it sent ${message.kind} before the authentication`}`);
        }
      }
    };
    const release = (): void => {
      done = true;
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClosed).off('end', onClosed).off('connect', onConnected);
    };
    socket.on('data', onData).on('close', onClosed).on('end', onClosed).on('connect', onConnected);
  });
}

function authenticationFailure(where: string, text: string): [EslConnectError['reason'], string] {
  if (text.startsWith('-ERR invalid')) return ['auth', `${where} refused the password: ${text}`];
  return ['protocol-error', `${where} answered the password with ${JSON.stringify(text)} where "+OK accepted" is due`];
}
