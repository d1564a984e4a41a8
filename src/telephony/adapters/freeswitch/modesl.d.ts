/** The part of modesl 1.2.1, which ships no types, that is used here. */
declare module 'modesl' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  class Event {
    constructor(headers: Readonly<Record<string, string>>, body?: string);
    addHeader(name: string, value: string): string;
    getHeader(name: string): string | null;
  }

  class Connection extends EventEmitter {
    constructor(host: string, port: number, password: string, ready?: () => void);
    socket: Socket | null;
    connecting: boolean;
    authed: boolean;
    /** Writes the command and the empty line that ends it. */
    send(command: string): void;
    sendRecv(command: string, answered: (reply: Event) => void): void;
    api(command: string, answered: (reply: Event) => void): void;
    execute(app: string, arg: string, uuid: string, completed?: (event: Event) => void): string;
    subscribe(events: readonly string[], answered?: () => void): void;
    auth(): void;
    protected _onConnect(): void;
    protected _onEvent(event: Event, headers: Readonly<Record<string, string>>, body?: string): void;
  }

  class Parser extends EventEmitter {
    constructor(socket: EventEmitter);
    readonly buffer: Buffer;
  }

  const modesl: { readonly Connection: typeof Connection; readonly Event: typeof Event; readonly Parser: typeof Parser };
  export default modesl;
}
