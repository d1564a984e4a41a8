import type { Clock } from '../../src/kernel/clock.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { eventually } from './engine.js';

/** The machine's clock without its timers of 5 s and more: a board that looks by itself now and then never does, and only what is pushed is seen. */
export const onlyPushed: Clock = {
  now: () => systemClock.now(),
  after: (ms, task) => (ms >= 5_000 ? { cancel: () => undefined } : systemClock.after(ms, task)),
};

export interface ServerSentEvent {
  readonly event: string;
  readonly id: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
}

/** Reads server-sent events as a browser would, but for its reconnects. */
export class EventSource {
  readonly events: ServerSentEvent[] = [];
  readonly comments: string[] = [];
  /** Set once the connection is over. */
  ended = false;
  private readonly abort = new AbortController();

  private constructor(readonly headers: Headers) {}

  static async open(url: string, key: string, lastEventId?: string): Promise<EventSource> {
    const abort = new AbortController();
    const response = await fetch(url, { signal: abort.signal, headers: { authorization: `Bearer ${key}`, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) } });
    if (response.status !== 200 || response.body === null) throw new Error(`${response.status} ${await response.text()}`);
    const source = new EventSource(response.headers);
    source.abort.signal.addEventListener('abort', () => abort.abort());
    void source.read(response.body);
    return source;
  }

  /** The first event, from the `from`th on, that is as wanted. */
  next(what: string, wanted: (event: ServerSentEvent) => boolean, from = 0): Promise<ServerSentEvent> {
    return eventually(what, () => this.events.slice(from).find(wanted));
  }

  close(): void {
    this.abort.abort();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        text += decoder.decode(chunk, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) this.take(block);
      }
    } catch {
      // Cut off, by us or by the server.
    }
    this.ended = true;
  }

  private take(block: string): void {
    const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const));
    const data = fields.get('data');
    if (data === undefined) this.comments.push(block);
    else this.events.push({ event: fields.get('event') ?? '', id: fields.get('id') ?? '', data: JSON.parse(data) as unknown });
  }
}
