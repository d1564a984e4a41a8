import { type EslPeer, type EslServer, jsonEvent, startEslServer } from './esl-server.js';

/** A channel as `show channels as json` lists it. */
export type ChannelRow = Readonly<Record<string, string>>;

/**
 * A switch of a test on a real socket: it answers what a session asks, and does with jobs and
 * applications what the test says.
 */
export class ScriptedSwitch {
  sessionId = 'aaaaaaaa-0000-4000-8000-000000000001';
  rows: ChannelRow[] = [];
  /** Channels of which `uuid_exists` says true, besides those in `rows`. */
  readonly alive = new Set<string>();
  /** Commands that came, `auth` apart, with the number of their connection. */
  readonly commands: { readonly connection: number; readonly command: string }[] = [];
  /** Runs before `show channels` is answered. */
  beforeList: () => Promise<void> | void = () => undefined;
  /** What to answer to an `api` command that is not known here. */
  api: (command: string) => string = () => '-ERR command not found\n';
  /** Called for each accepted `bgapi`; tell the result with `jobDone`. */
  onJob: (command: string, jobId: string) => void = () => undefined;
  /** Called for each accepted `sendmsg`. */
  onExecute: (message: string) => void = () => undefined;
  readonly #subscribers = new Set<EslPeer>();
  #server: EslServer | undefined;
  #sequence = 0;
  #connections = 0;

  get port(): number {
    return this.#server?.port ?? 0;
  }

  get connections(): number {
    return this.#connections;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  async start(): Promise<this> {
    this.#server = await startEslServer((peer) => this.#serve(peer));
    return this;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
  }

  /** Fires an event at whoever subscribed. */
  async fire(name: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#sequence += 1;
    const event = jsonEvent({
      'Event-Name': name,
      'Core-UUID': this.sessionId,
      'Event-Sequence': String(this.#sequence),
      'Event-Date-Timestamp': String(Date.now() * 1000),
      ...headers,
    });
    await Promise.all([...this.#subscribers].map((peer) => peer.send(event)));
  }

  jobDone(jobId: string, body: string): Promise<void> {
    return this.fire('BACKGROUND_JOB', { 'Job-UUID': jobId, _body: body });
  }

  /** Breaks all connections without a word. */
  cut(): void {
    for (const peer of this.#server?.peers ?? []) peer.socket.resetAndDestroy();
  }

  /** Says goodbye to all and closes. */
  async sayGoodbye(): Promise<void> {
    const text = 'Disconnected, goodbye.\n';
    await Promise.all(
      (this.#server?.peers ?? [])
        .filter(({ socket }) => !socket.destroyed)
        .map(async (peer) => {
          await peer.send(`Content-Type: text/disconnect-notice\nContent-Disposition: disconnect\nContent-Length: ${text.length}\n\n${text}`);
          peer.socket.end();
        }),
    );
  }

  async #serve(peer: EslPeer): Promise<void> {
    const connection = (this.#connections += 1);
    void peer.closed.then(() => this.#subscribers.delete(peer));
    let gone = false;
    void peer.closed.then(() => (gone = true));
    const next = (): Promise<string | undefined> =>
      peer.next().catch((error: unknown) => {
        if (gone || peer.socket.destroyed) return undefined;
        throw error;
      });
    await peer.send('Content-Type: auth/request\n\n');
    if ((await next()) === undefined) return;
    await peer.reply('+OK accepted');
    for (;;) {
      const command = await next();
      if (command === undefined) return;
      this.commands.push({ connection, command });
      await this.#answer(peer, command);
    }
  }

  async #answer(peer: EslPeer, command: string): Promise<void> {
    const [verb, rest] = [command.split(/[ \n]/, 1)[0] ?? '', command.slice(command.indexOf(' ') + 1)];
    if (verb === 'event') {
      this.#subscribers.add(peer);
      return peer.reply('+OK event listener enabled json');
    }
    if (verb === 'bgapi') {
      const [line = '', id = ''] = rest.split('\nJob-UUID: ');
      await peer.reply(`+OK Job-UUID: ${id}`);
      this.onJob(line, id);
      return undefined;
    }
    if (verb === 'sendmsg') {
      await peer.reply('+OK');
      this.onExecute(command);
      return undefined;
    }
    if (verb === 'exit') return peer.reply('+OK bye');
    if (verb !== 'api') return peer.reply('-ERR command not found');
    if (rest === 'global_getvar core_uuid') return peer.respond(this.sessionId);
    if (rest === 'show channels as json') {
      await this.beforeList();
      return peer.respond(this.rows.length === 0 ? '{"row_count": 0}\n' : JSON.stringify({ row_count: this.rows.length, rows: this.rows }));
    }
    if (rest.startsWith('uuid_exists ')) {
      const id = rest.slice('uuid_exists '.length);
      return peer.respond(String(this.alive.has(id) || this.rows.some((row) => row['uuid'] === id)));
    }
    return peer.respond(this.api(rest));
  }
}

/** A row of an inbound caller who is parked. */
export const parkedRow = (uuid: string, more: ChannelRow = {}): ChannelRow => ({
  uuid,
  direction: 'inbound',
  created_epoch: '1795382406',
  state: 'CS_EXECUTE',
  cid_name: 'Caller Uno',
  cid_num: '60011',
  dest: '9003',
  application: 'park',
  callstate: 'ACTIVE',
  call_uuid: uuid,
  initial_cid_name: 'Caller Uno',
  initial_cid_num: '60011',
  initial_dest: '9003',
  ...more,
});
