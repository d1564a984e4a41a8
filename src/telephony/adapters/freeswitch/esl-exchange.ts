import type { EslDisconnect, EslEvent } from './esl-client.port.js';
import { EslCommandLost, EslCommandRefused } from './esl-client.port.js';
import { commandName } from './esl-commands.js';
import type { EslDecoder, EslDisconnectNotice, EslMessage } from './esl-decoder.js';
import { type EslTiming, type EslTransport, MACHINE_TIMING } from './esl-transport.js';
import type { Timer } from '../../../kernel/clock.js';

export interface EslExchangeOptions {
  /** Longest wait for the answer to a command, ms. */
  readonly replyTimeoutMs: number;
  /** Writes a command and the empty line that ends it. */
  readonly write: (command: string) => void;
  /** Default: the machine's. */
  readonly timing?: EslTiming;
}

export interface EslAnswer {
  readonly text: string;
  readonly channelData?: EslEvent;
}

interface Pending {
  readonly command: string;
  readonly answer: 'reply' | 'api-response';
  readonly deadline: number;
  resolve(answer: EslAnswer): void;
  reject(error: Error): void;
}

/** How long the switch may take to close after our `exit`, ms. */
const EXIT_GRACE_MS = 1_000;
const nothing = (): void => undefined;

/**
 * Commands and their answers, and events, over one socket, from either side.
 *
 * The switch answers in the order of the commands, each exactly once, so the queue is the correlation. An
 * answer that does not come in time ends the connection: were it to come later, every answer after it
 * would go to the wrong command. Nothing here throws out of a socket handler, and the socket is always
 * read, because the switch kills a reader that lags behind.
 */
export class EslExchange {
  readonly #pending: Pending[] = [];
  readonly #timing: EslTiming;
  #timer: Timer | undefined;
  #closing: Promise<void> | undefined;
  #ended: EslDisconnect | undefined;
  #torn: string | undefined;
  #onEvent: (event: EslEvent) => void = nothing;
  #onLinger: (notice: EslDisconnectNotice) => void = nothing;
  #onDisconnect: ((why: EslDisconnect) => void) | undefined;
  #closed: () => void = nothing;

  constructor(
    private readonly socket: EslTransport,
    private readonly decoder: EslDecoder,
    private readonly options: EslExchangeOptions,
  ) {
    this.#timing = options.timing ?? MACHINE_TIMING;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(() => this.decoder.push(chunk)));
    socket.on('end', () => {
      this.#receive(() => this.decoder.end());
      this.#end(this.#torn === undefined ? 'closed-by-switch' : 'connection-lost', this.#torn ?? 'the switch closed the connection without a notice');
    });
    socket.on('error', (error) => this.#end('connection-lost', error.message));
    socket.on('close', () => this.#end('connection-lost', 'the connection closed'));
  }

  /** Commands that were sent and have no answer. */
  get waitingCommands(): number {
    return this.#pending.length;
  }

  /** Why it ended, once it has. */
  get ended(): EslDisconnect | undefined {
    return this.#ended;
  }

  onEvent(listener: (event: EslEvent) => void): void {
    this.#onEvent = listener;
  }

  /** The channel is gone; the connection stays for its last events. */
  onLinger(listener: (notice: EslDisconnectNotice) => void): void {
    this.#onLinger = listener;
  }

  onDisconnect(listener: (why: EslDisconnect) => void): void {
    if (this.#ended !== undefined && this.#onDisconnect === undefined) this.#tell(listener, this.#ended);
    this.#onDisconnect = listener;
  }

  /** Messages that were read before this exchange took the socket over. */
  take(messages: readonly EslMessage[]): void {
    this.#receive(() => messages);
  }

  /**
   * Sends a command whose text is already checked.
   *
   * @throws EslCommandLost when no answer will come, EslCommandRefused where the answer is an error.
   */
  request(command: string, answer: Pending['answer']): Promise<EslAnswer> {
    if (this.#ended !== undefined || this.#closing !== undefined) {
      return Promise.reject(new EslCommandLost(`"${commandName(command)}" was not sent: ${this.#ended?.message ?? 'the connection is being closed'}`));
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ command, answer, deadline: this.#timing.now() + this.options.replyTimeoutMs, resolve, reject });
      this.#write(command);
      this.#watch();
    });
  }

  /** Says `exit`, delivers no further event, and resolves when the socket is closed. */
  close(): Promise<void> {
    if (this.#ended !== undefined) return this.#closing ?? Promise.resolve();
    this.#closing ??= new Promise((resolve) => {
      this.#closed = resolve;
      this.#pending.push({ command: 'exit', answer: 'reply', deadline: this.#timing.now() + EXIT_GRACE_MS, resolve: nothing, reject: nothing });
      this.#write('exit');
      this.socket.end();
      this.#timer?.cancel();
      this.#timer = this.#timing.after(EXIT_GRACE_MS, () => this.#end('closed-by-us', ''));
    });
    return this.#closing;
  }

  /** Ends the connection now, for a reason found outside. */
  abort(reason: EslDisconnect['reason'], message: string): void {
    this.#end(reason, message);
  }

  #write(command: string): void {
    // One packet per turn of the loop, however many writes a command is made of.
    this.socket.cork();
    this.options.write(command);
    process.nextTick(() => this.socket.uncork());
  }

  #receive(read: () => readonly EslMessage[]): void {
    if (this.#ended !== undefined) return;
    try {
      for (const message of read()) {
        this.#handle(message);
        if (this.#ended !== undefined) return;
      }
    } catch (error) {
      this.#end('connection-lost', `closed because a listener failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #handle(message: EslMessage): void {
    switch (message.kind) {
      case 'event':
        if (this.#closing === undefined) this.#onEvent(message.event);
        return;
      case 'reply':
        return this.#answer('reply', message.text, message.channelData);
      case 'api-response':
        return this.#answer('api-response', message.body);
      case 'disconnect-notice':
        return this.#notice(message);
      case 'torn-frame':
        this.#torn = message.message;
        return;
      case 'rude-rejection':
        return this.#end('closed-by-switch', message.text);
      case 'auth-request':
        return this.#end('protocol-error', 'the switch asked for the password again');
      case 'protocol-error':
        return this.#end('protocol-error', message.message);
      case 'ignored':
        return;
    }
  }

  #answer(kind: Pending['answer'], text: string, channelData?: EslEvent): void {
    const pending = this.#pending.shift();
    if (pending === undefined) return this.#end('protocol-error', 'the switch answered a command that was not sent');
    const refused = text.startsWith('-ERR') || text.startsWith('-USAGE');
    // An `api` that the switch does not even know is refused by a reply instead of a response.
    if (kind !== pending.answer && !(kind === 'reply' && refused)) {
      this.#pending.unshift(pending);
      return this.#end('protocol-error', `"${commandName(pending.command)}" got the answer to another command`);
    }
    if (refused) pending.reject(new EslCommandRefused(text.trim()));
    else pending.resolve(channelData === undefined ? { text } : { text, channelData });
    if (this.#pending.length === 0 && this.#closing === undefined) {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
  }

  #notice(notice: EslDisconnectNotice): void {
    if (notice.disposition === 'linger') return this.#onLinger(notice);
    const torn = this.#torn === undefined ? '' : ` (${this.#torn})`;
    this.#end(notice.text.includes('lost events') ? 'slow-consumer' : 'closed-by-switch', `${notice.text}${torn}`);
  }

  /** One timer for the oldest command; those behind it are due later. */
  #watch(): void {
    const oldest = this.#pending[0];
    if (this.#timer !== undefined || oldest === undefined) return;
    this.#timer = this.#timing.after(Math.max(1, Math.ceil(oldest.deadline - this.#timing.now())), () => {
      this.#timer = undefined;
      const late = this.#pending[0];
      if (late !== undefined && late.deadline <= this.#timing.now()) {
        this.#end('connection-lost', `"${commandName(late.command)}" was not answered within ${this.options.replyTimeoutMs} ms`);
      } else this.#watch();
    });
  }

  #end(reason: EslDisconnect['reason'], message: string): void {
    if (this.#ended !== undefined) return;
    const ended: EslDisconnect = this.#closing === undefined ? { reason, message } : { reason: 'closed-by-us', message: 'closed by us' };
    this.#ended = ended;
    this.#timer?.cancel();
    this.socket.destroy();
    for (const pending of this.#pending.splice(0)) {
      pending.reject(new EslCommandLost(`"${commandName(pending.command)}" has no answer, it may have been carried out: ${ended.message}`));
    }
    if (this.socket.closed) this.#closed();
    else this.socket.once('close', () => this.#closed());
    if (this.#onDisconnect !== undefined) this.#tell(this.#onDisconnect, ended);
  }

  /** After everything that the rejected commands set off, and never out of a socket handler. */
  #tell(listener: (why: EslDisconnect) => void, why: EslDisconnect): void {
    this.#timing.soon(() => {
      try {
        listener(why);
      } catch (error) {
        process.emitWarning(`a listener for the end of an event socket failed: ${String(error)}`);
      }
    });
  }
}
