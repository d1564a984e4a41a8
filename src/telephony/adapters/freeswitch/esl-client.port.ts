import type { HeaderSelection } from './esl-json-headers.js';

/**
 * An event as FreeSWITCH sent it. A header that came several times, or an `ARRAY::` variable in
 * JSON, keeps its last value as a string and all of them in `lists`.
 */
export interface EslEvent {
  readonly name: string;
  /** Event-Subclass of a CUSTOM event. */
  readonly subclass?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly lists?: Readonly<Record<string, readonly string[]>>;
  readonly body?: string;
}

/** Why a connection ended: the far side closed it, it broke, it said something that is no ESL, or we closed it. */
export interface EslDisconnect {
  readonly reason: 'closed-by-switch' | 'connection-lost' | 'protocol-error' | 'slow-consumer' | 'closed-by-us';
  readonly message: string;
}

/** `auth`: wrong password; `rejected`: rude rejection by the switch's ACL; `unreachable`: no TCP connection in time. */
export class EslConnectError extends Error {
  override readonly name = 'EslConnectError';
  constructor(readonly reason: 'auth' | 'rejected' | 'unreachable' | 'protocol-error', message: string) {
    super(message);
  }
}

/** A command was not answered: the socket went or the time ran out. Whether it was carried out is unknown. */
export class EslCommandLost extends Error {
  override readonly name = 'EslCommandLost';
}

/** The switch answered `-ERR ...` or `-USAGE ...`; `message` is what it said. */
export class EslCommandRefused extends Error {
  override readonly name = 'EslCommandRefused';
}

export interface EslClientOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** Longest wait for the connection and its authentication, ms. */
  readonly connectTimeoutMs: number;
  /** Longest wait for the reply to a command, ms. */
  readonly replyTimeoutMs: number;
  /** The headers of events that are looked at: the others may be missing, and lists are. Left out: all. */
  readonly headers?: HeaderSelection;
}

/**
 * One authenticated connection in inbound mode. Not reconnecting: whoever owns the node decides when
 * to dial again, because every new connection needs a reconciliation.
 *
 * Commands are answered in the order sent. An argument with CR, LF or NUL is refused before it is
 * sent (EslCommandRefused). Nothing is ever sent twice.
 */
export interface EslClient {
  /** Commands that were sent and have no answer yet, where the client counts them. */
  readonly waitingCommands?: number;
  /** Events in order of arrival, called synchronously; it must not throw. Set before `subscribe`. */
  onEvent(listener: (event: EslEvent) => void): void;
  /** Called exactly once, after the last event. Pending commands are rejected with EslCommandLost before it. */
  onDisconnect(listener: (why: EslDisconnect) => void): void;
  /** `event json <names>`, CUSTOM subclasses after `CUSTOM`. */
  subscribe(names: readonly string[], customSubclasses?: readonly string[]): Promise<void>;
  /** `api <command>`: blocks the events of this connection while it runs; the body of the answer. `-ERR` throws EslCommandRefused. */
  api(command: string): Promise<string>;
  /** `bgapi <command>` with our Job-UUID; resolves when the switch accepted the job, whose result comes as BACKGROUND_JOB. */
  bgapi(command: string, jobId: string): Promise<void>;
  /** `sendmsg <channel>` with `call-command: execute`; resolves when accepted. */
  execute(channelId: string, app: string, arg: string, options?: { readonly eventUuid?: string; readonly lock?: boolean }): Promise<void>;
  /** Any other command, e.g. `filter`, `noevents`; resolves with Reply-Text. */
  send(command: string): Promise<string>;
  close(): Promise<void>;
}

/** Connects and authenticates, or throws EslConnectError. */
export type EslConnect = (options: EslClientOptions) => Promise<EslClient>;
