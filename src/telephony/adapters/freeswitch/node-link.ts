import type { ChannelDetail, LiveChannel } from '../../ports/telephony-gateway.port.js';
import { parseChannels, parseDump } from './channels.js';
import type { EslClient, EslClientOptions, EslConnect, EslDisconnect, EslEvent } from './esl-client.port.js';
import { EslCommandRefused, EslConnectError } from './esl-client.port.js';
import { SUBSCRIBED_EVENTS, TRANSLATED_HEADERS } from './freeswitch-translator.js';

export interface NodeLinkHandlers {
  onEvent(event: EslEvent): void;
  /** Called at most once, after `open` has resolved; both connections are closed by then. */
  onLost(why: EslDisconnect): void;
}

/**
 * The two connections to one switch: a blocking `api` stops the events of its own connection, so
 * events come on one and commands go on the other. They live and die together.
 */
export class NodeLink {
  #lost: EslDisconnect | undefined;
  #opened = false;
  #closed = false;
  #switchSessionId = '';

  private constructor(
    private readonly events: EslClient,
    readonly commands: EslClient,
    private readonly handlers: NodeLinkHandlers,
  ) {}

  /** Core-UUID of the switch. */
  get switchSessionId(): string {
    return this.#switchSessionId;
  }

  /** Dials both and subscribes: from here on nothing is missed. Throws EslConnectError or what the switch said. */
  static async open(connect: EslConnect, options: EslClientOptions, handlers: NodeLinkHandlers): Promise<NodeLink> {
    const events = await connect({ ...options, headers: TRANSLATED_HEADERS });
    const commands = await connect(options).catch(async (error: unknown) => {
      await events.close();
      throw error;
    });
    const link = new NodeLink(events, commands, handlers);
    events.onEvent((event) => {
      if (!link.#closed) handlers.onEvent(event);
    });
    for (const client of [events, commands]) client.onDisconnect((why) => link.#end(why));
    try {
      await events.subscribe(SUBSCRIBED_EVENTS);
      link.#switchSessionId = await link.#askSession();
      if (link.#lost !== undefined) throw new EslConnectError('unreachable', link.#lost.message);
    } catch (error) {
      await link.close();
      throw error;
    }
    link.#opened = true;
    return link;
  }

  async channels(): Promise<LiveChannel[]> {
    return parseChannels(await this.commands.api('show channels as json'));
  }

  async exists(channelId: string): Promise<boolean> {
    const answer = (await this.commands.api(`uuid_exists ${channelId}`)).trim();
    if (answer !== 'true' && answer !== 'false') throw new Error(`the switch answered uuid_exists with ${JSON.stringify(answer.slice(0, 80))}: it must be true or false`);
    return answer === 'true';
  }

  /** Undefined where there is no such channel. */
  async describe(channelId: string): Promise<ChannelDetail | undefined> {
    try {
      return parseDump(await this.commands.api(`uuid_dump ${channelId} json`));
    } catch (error) {
      if (error instanceof EslCommandRefused) return undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([this.events.close(), this.commands.close()]);
  }

  /** Drops the link as lost, for a reason that the sockets do not know. */
  abandon(message: string): void {
    this.#end({ reason: 'connection-lost', message });
  }

  async #askSession(): Promise<string> {
    const answer = (await this.commands.api('global_getvar core_uuid')).trim();
    if (!/^[\w-]{8,64}$/.test(answer)) throw new EslConnectError('protocol-error', 'the switch does not tell its core_uuid: global_getvar core_uuid must answer with one');
    return answer;
  }

  #end(why: EslDisconnect): void {
    if (this.#lost !== undefined || this.#closed) return;
    this.#lost = why;
    void this.close();
    if (this.#opened) this.handlers.onLost(why);
  }
}
