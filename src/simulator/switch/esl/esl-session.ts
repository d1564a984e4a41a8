import type { SwitchCore } from '../core.js';
import type { EventSubscriber } from '../event-bus.js';
import type { SwitchEvent } from '../switch-event.js';
import { runBackgroundJob } from '../commands/background-job.js';
import { runApi } from '../commands/run-api.js';
import type { ByteStream } from './byte-stream.port.js';
import { CommandReader, headerOf, type EslCommand } from './command-reader.js';
import { messageOf } from './messages.js';
import { Outbox } from './outbox.js';
import { Subscriptions } from './subscriptions.js';

const GOODBYE = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n';
const notice = (text: string): Buffer => Buffer.from(`Content-Type: text/disconnect-notice\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`);

/** One client's connection to the event socket, in inbound mode. */
export class EslSession implements EventSubscriber {
  readonly #reader = new CommandReader();
  readonly #subscriptions = new Subscriptions();
  readonly #outbox: Outbox;
  #authenticated = false;
  #open = true;
  /** Commands that came while a blocking `api` runs, and events that wait for its end. */
  readonly #commands: EslCommand[] = [];
  #held: SwitchEvent[] = [];
  #blocked = false;

  constructor(
    private readonly core: SwitchCore,
    private readonly stream: ByteStream,
    private readonly onEnd: (session: EslSession) => void,
  ) {
    this.#outbox = new Outbox(stream, core.settings, () => this.disconnect('killed listener because of lost events'));
    stream.onData((bytes) => this.#receive(bytes));
    stream.onClose(() => this.#ended());
  }

  /** Asks for the password. */
  start(): void {
    this.#outbox.reply(Buffer.from('Content-Type: auth/request\n\n'));
    this.core.bus.add(this);
  }

  /** The client's address is not in the ACL. */
  reject(): void {
    const text = 'Access Denied, go away.\n';
    this.#outbox.reply(Buffer.from(`Content-Type: text/rude-rejection\nContent-Length: ${text.length}\n\n${text}`));
    this.disconnect(GOODBYE);
  }

  /** Events that this client has not taken yet. */
  get backlog(): number {
    return this.#outbox.backlog + this.#held.length;
  }

  wants(name: string, subclass?: string): boolean {
    return this.#authenticated && this.#subscriptions.wants(name, subclass);
  }

  deliver(event: SwitchEvent): void {
    if (!this.#open || !this.#subscriptions.passes(event)) return;
    if (this.#blocked) this.#held.push(event);
    else this.#send(event);
  }

  /** Writes a disconnect-notice, wherever the stream stands, and closes. */
  disconnect(text: string): void {
    if (!this.#open) return;
    this.stream.write(notice(text));
    this.stream.end();
    this.#ended();
  }

  /** Breaks the connection without a word. */
  cut(): void {
    this.stream.destroy();
    this.#ended();
  }

  #ended(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#held = [];
    this.core.bus.remove(this);
    this.onEnd(this);
  }

  #send(event: SwitchEvent): void {
    this.#outbox.event(this.#subscriptions.format === 'json' ? event.json() : event.plain());
  }

  #receive(bytes: Buffer): void {
    const commands = this.#reader.push(bytes);
    if (!commands) {
      this.cut();
      return;
    }
    this.#commands.push(...commands);
    this.#next();
  }

  #next(): void {
    while (this.#open && !this.#blocked) {
      const command = this.#commands.shift();
      if (!command) return;
      this.#handle(command);
    }
  }

  #reply(text: string, headers = ''): void {
    if (this.#open) this.#outbox.reply(Buffer.from(`Content-Type: command/reply\nReply-Text: ${text}\n${headers}\n`));
  }

  #handle(command: EslCommand): void {
    const [verb = '', ...words] = command.line.split(/ +/);
    const rest = command.line.slice(verb.length).trim();
    if (!this.#authenticated) {
      this.#authenticate(verb, rest);
      return;
    }
    switch (verb.toLowerCase()) {
      case 'exit':
        this.#reply('+OK bye');
        this.disconnect(GOODBYE);
        return;
      case 'event':
      case 'events':
        return this.#reply(this.#subscriptions.add(words));
      case 'nixevent':
        return this.#reply(this.#subscriptions.remove(words));
      case 'noevents':
        this.#subscriptions.clear();
        return this.#reply('+OK no longer listening for events');
      case 'filter':
        return this.#filter(words);
      case 'api':
        return rest === '' ? this.#reply('-ERR command not found') : this.#api(rest);
      case 'bgapi':
        return rest === '' ? this.#reply('-ERR command not found') : this.#bgapi(rest, headerOf(command, 'job-uuid'));
      case 'sendmsg':
        return this.#sendMessage(words[0] ?? '', command);
      case 'log':
        return this.#reply(`+OK log level ${rest || 'debug'} [7]`);
      case 'nolog':
        return this.#reply('+OK no longer logging');
      case 'linger':
      case 'nolinger':
        return this.#reply('-ERR not controlling a session');
      default:
        return this.#reply('-ERR command not found');
    }
  }

  #authenticate(verb: string, rest: string): void {
    if (verb.toLowerCase() === 'auth' && rest === this.core.settings.password) {
      this.#authenticated = true;
      this.#reply('+OK accepted');
    } else if (verb.toLowerCase() === 'auth' || verb.toLowerCase() === 'userauth') {
      this.#reply('-ERR invalid');
      this.disconnect(GOODBYE);
    } else this.#reply('-ERR command not found');
  }

  #filter(words: readonly string[]): void {
    const [first = '', second = '', ...rest] = words;
    if (first === '' || second === '') {
      this.#reply('-ERR command not found');
      return;
    }
    if (first === 'delete') {
      this.#subscriptions.removeFilter(second, rest.join(' '));
      this.#reply(`+OK filter deleted. [${second}][${rest.join(' ')}]`);
      return;
    }
    const value = [second, ...rest].join(' ');
    this.#subscriptions.addFilter(first, value);
    this.#reply(`+OK filter added. [${first}]=[${value}]`);
  }

  /** Blocks this connection, its events included, until the answer is there. */
  #api(line: string): void {
    this.#blocked = true;
    // An answer that comes at once is met by the loop that called: many in a row must not pile up.
    let within = true;
    runApi(this.core, line, (text) => {
      if (!this.#open) return;
      const body = text === '' ? '-ERR no reply\n' : text;
      this.#outbox.reply(Buffer.from(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`));
      this.#blocked = false;
      const held = this.#held;
      this.#held = [];
      for (const event of held) this.#send(event);
      if (!within) this.#next();
    });
    within = false;
  }

  #bgapi(line: string, jobUuid: string | undefined): void {
    const job = jobUuid || this.core.random.uuid();
    this.#reply(`+OK Job-UUID: ${job}`, `Job-UUID: ${job}\n`);
    runBackgroundJob(this.core, line, job);
  }

  #sendMessage(uuid: string, command: EslCommand): void {
    const channel = this.core.locate(uuid);
    if (!channel) {
      this.#reply(`-ERR invalid session id [${uuid}]`);
      return;
    }
    this.#reply('+OK');
    this.core.deeds.send(channel, messageOf(this.core, command));
  }
}
