import type { Socket } from 'node:net';
import type { EslDisconnect, EslEvent } from './esl-client.port.js';
import { EslCommandRefused, EslConnectError } from './esl-client.port.js';
import { executeCommand, oneLine, otherCommand } from './esl-commands.js';
import { EslDecoder } from './esl-decoder.js';
import { EslExchange } from './esl-exchange.js';
import { ESL_LIMITS } from './esl-frames.js';

export interface OutboundSocketOptions {
  /**
   * Longest wait for the answer to a command, ms. Without `async` in the dialplan an `execute` is answered
   * when its application has ended, so this must be longer than the longest of them.
   */
  readonly replyTimeoutMs: number;
}

/**
 * One call that the dialplan handed to us with `socket <host>:<port> [async] [full]`. If this connection
 * closes, from either side, the call ends; with `linger` the connection outlives the channel, so that
 * its last events arrive.
 */
export interface OutboundSession {
  readonly channelId: string;
  /** All that the switch knew of the channel when it connected: CHANNEL_DATA. */
  readonly channel: EslEvent;
  /** `async` of the dialplan: commands do not wait for the application before them. */
  readonly async: boolean;
  /** `full` of the dialplan: `api` and other commands are allowed. */
  readonly full: boolean;
  /** Events in order of arrival, called synchronously. Set before `subscribeToChannel`. */
  onEvent(listener: (event: EslEvent) => void): void;
  /** The channel has ended and the switch waits for so many seconds before it closes. */
  onLinger(listener: (seconds: number) => void): void;
  /** Called exactly once, after the last event; pending commands are rejected with EslCommandLost before. */
  onDisconnect(listener: (why: EslDisconnect) => void): void;
  /** `myevents json`: the events of this channel. */
  subscribeToChannel(): Promise<void>;
  /** Keeps the connection for so many seconds after the channel has ended. */
  linger(seconds: number): Promise<void>;
  /** Executes an application. With `lock` it waits for the one before it, where it would otherwise be nested. */
  execute(app: string, arg: string, options?: { readonly eventUuid?: string; readonly lock?: boolean }): Promise<void>;
  /** `api <command>`; the body of the answer. Needs `full`. */
  api(command: string): Promise<string>;
  /** Any other command, e.g. `getvar`, `filter`; resolves with Reply-Text. */
  send(command: string): Promise<string>;
  close(): Promise<void>;
}

/** All variables of a channel come in one header block. */
const LIMITS = { ...ESL_LIMITS, maxHeaderBytes: 1024 * 1024 };

/**
 * Greets a switch that has just connected and reads the channel that it brings.
 *
 * @throws EslConnectError where what connected is no switch or does not answer in time.
 */
export async function acceptOutboundSocket(socket: Socket, options: OutboundSocketOptions): Promise<OutboundSession> {
  socket.setKeepAlive(true, 30_000);
  const exchange = new EslExchange(socket, new EslDecoder(LIMITS), {
    replyTimeoutMs: options.replyTimeoutMs,
    write: (command) => void socket.write(`${command}\n\n`),
  });
  try {
    const { channelData } = await exchange.request('connect', 'reply');
    const channelId = channelData?.headers['Unique-ID'];
    if (channelData === undefined || channelId === undefined) throw new Error('the answer to "connect" has no channel data');
    return new SwitchSession(exchange, channelId, channelData);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const lost = exchange.ended !== undefined && exchange.ended.reason !== 'protocol-error';
    exchange.abort('protocol-error', message);
    throw new EslConnectError(lost ? 'unreachable' : 'protocol-error', `no outbound socket: ${message}`);
  }
}

class SwitchSession implements OutboundSession {
  readonly async: boolean;
  readonly full: boolean;

  constructor(
    private readonly exchange: EslExchange,
    readonly channelId: string,
    readonly channel: EslEvent,
  ) {
    this.async = channel.headers['Socket-Mode'] === 'async';
    this.full = channel.headers['Control'] === 'full';
  }

  onEvent(listener: (event: EslEvent) => void): void {
    this.exchange.onEvent(listener);
  }

  onLinger(listener: (seconds: number) => void): void {
    this.exchange.onLinger((notice) => listener(notice.lingerSeconds ?? 0));
  }

  onDisconnect(listener: (why: EslDisconnect) => void): void {
    this.exchange.onDisconnect(listener);
  }

  async subscribeToChannel(): Promise<void> {
    await this.exchange.request('myevents json', 'reply');
  }

  async linger(seconds: number): Promise<void> {
    if (!Number.isInteger(seconds) || seconds < 1) throw new EslCommandRefused(`linger takes whole seconds from 1, not ${seconds}`);
    await this.exchange.request(`linger ${seconds}`, 'reply');
  }

  async execute(app: string, arg: string, options: { readonly eventUuid?: string; readonly lock?: boolean } = {}): Promise<void> {
    await this.exchange.request(executeCommand(undefined, app, arg, options), 'reply');
  }

  async api(command: string): Promise<string> {
    return (await this.exchange.request(`api ${oneLine('command', command)}`, 'api-response')).text;
  }

  async send(command: string): Promise<string> {
    return (await this.exchange.request(otherCommand(command), 'reply')).text;
  }

  close(): Promise<void> {
    return this.exchange.close();
  }
}
