import type { EslClient, EslClientOptions, EslConnect, EslDisconnect, EslEvent } from './esl-client.port.js';
import { EslCommandLost, EslConnectError } from './esl-client.port.js';
import { bgapiCommand, executeCommand, oneLine, otherCommand, subscribeCommand } from './esl-commands.js';
import { EslExchange } from './esl-exchange.js';
import { dial } from './modesl-connection.js';

/** One authenticated connection in inbound mode, on modesl. */
export const connectEsl: EslConnect = async (options) => {
  checkOptions(options);
  const { socket, decoder, early, write } = await dial(options);
  const exchange = new EslExchange(socket, decoder, { replyTimeoutMs: options.replyTimeoutMs, write });
  exchange.take(early);
  socket.resume();
  return new InboundEslClient(exchange);
};

/** A client on a connection that is authenticated. */
export class InboundEslClient implements EslClient {
  constructor(private readonly exchange: EslExchange) {}

  get waitingCommands(): number {
    return this.exchange.waitingCommands;
  }

  onEvent(listener: (event: EslEvent) => void): void {
    this.exchange.onEvent(listener);
  }

  onDisconnect(listener: (why: EslDisconnect) => void): void {
    this.exchange.onDisconnect(listener);
  }

  async subscribe(names: readonly string[], customSubclasses: readonly string[] = []): Promise<void> {
    await this.exchange.request(subscribeCommand(names, customSubclasses), 'reply');
  }

  async api(command: string): Promise<string> {
    return (await this.exchange.request(`api ${oneLine('command', command)}`, 'api-response')).text;
  }

  async bgapi(command: string, jobId: string): Promise<void> {
    const { text } = await this.exchange.request(bgapiCommand(command, jobId), 'reply');
    if (text.includes(jobId)) return;
    const message = `the switch answered job ${jobId} with ${JSON.stringify(text)}: its result could not be recognised`;
    this.exchange.abort('protocol-error', message);
    throw new EslCommandLost(message);
  }

  async execute(channelId: string, app: string, arg: string, options: { readonly eventUuid?: string; readonly lock?: boolean } = {}): Promise<void> {
    await this.exchange.request(executeCommand(oneLine('channel id', channelId), app, arg, options), 'reply');
  }

  async send(command: string): Promise<string> {
    return (await this.exchange.request(otherCommand(command), 'reply')).text;
  }

  close(): Promise<void> {
    return this.exchange.close();
  }
}

function checkOptions(options: EslClientOptions): void {
  if (options.host.trim() === '') throw new EslConnectError('unreachable', 'the host of the event socket is empty');
  if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65_535) {
    throw new EslConnectError('unreachable', `the port of the event socket is ${options.port}: it must be 1 to 65535`);
  }
  if (/[\r\n\0]/.test(options.password)) throw new EslConnectError('auth', 'the password has a line break or NUL, which an event socket cannot take');
  for (const [name, value] of Object.entries({ connectTimeoutMs: options.connectTimeoutMs, replyTimeoutMs: options.replyTimeoutMs })) {
    if (!(value > 0 && value <= 2 ** 31 - 1)) throw new EslConnectError('unreachable', `${name} is ${value}: it must be milliseconds above 0`);
  }
}
