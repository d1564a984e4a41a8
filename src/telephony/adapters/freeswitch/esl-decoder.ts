import type { EslEvent } from './esl-client.port.js';
import { MalformedEvent, parseJsonEvent, parsePlainEvent, parsePlainHeaders } from './esl-events.js';
import type { EslFrame, EslLimits } from './esl-frames.js';
import { ESL_LIMITS, EslFrameReader, printable } from './esl-frames.js';
import { type HeaderSelection, selectHeaders } from './esl-json-headers.js';

export type EslMessage =
  | { readonly kind: 'auth-request' }
  /** `command/reply`. `text` is its Reply-Text; `channelData` is what the switch answers to the `connect` of an outbound socket. */
  | { readonly kind: 'reply'; readonly text: string; readonly channelData?: EslEvent }
  | { readonly kind: 'api-response'; readonly body: string }
  | { readonly kind: 'event'; readonly event: EslEvent }
  | EslDisconnectNotice
  | { readonly kind: 'rude-rejection'; readonly text: string }
  /** Well framed, and nothing that we use: log lines and XML events. */
  | { readonly kind: 'ignored'; readonly contentType: string; readonly note: string }
  /** The switch broke off inside a frame, which is lost; what it wrote then follows. */
  | { readonly kind: 'torn-frame'; readonly message: string }
  /** Not ESL. `fatal`: where the next frame starts is unknown, nothing more is read; else only this frame is lost. */
  | { readonly kind: 'protocol-error'; readonly message: string; readonly fatal: boolean };

/** The switch is done with this connection, or (`linger`) only with the channel, and events may still follow. */
export interface EslDisconnectNotice {
  readonly kind: 'disconnect-notice';
  readonly disposition: 'disconnect' | 'linger';
  readonly text: string;
  readonly channelId?: string;
  readonly lingerSeconds?: number;
}

const NOTICE = 'Content-Type: text/disconnect-notice\n';
/** At least `Content-T` of a notice must be seen before an unfinished frame is taken to be torn by it. */
const LEAST_OF_NOTICE = 9;

/** Bytes to messages, without a socket: the same for a live connection, an outbound socket and a recording. */
export class EslDecoder {
  readonly #reader: EslFrameReader;
  readonly #parseJson: (body: Buffer) => EslEvent;
  #failureTold = false;

  /** `selection`: the headers of JSON events that are looked at; left out: all. */
  constructor(limits: EslLimits = ESL_LIMITS, selection?: HeaderSelection) {
    this.#reader = new EslFrameReader(limits);
    const select = selection === undefined ? undefined : selectHeaders(selection);
    this.#parseJson = (body) => parseJsonEvent(body, select);
  }

  /** Memory held for frames that are not complete yet, bytes. */
  get heldBytes(): number {
    return this.#reader.heldBytes;
  }

  /** The messages that `chunk` completes. Never throws; after a fatal protocol error there are none. */
  push(chunk: Buffer): EslMessage[] {
    const messages: EslMessage[] = [];
    this.#reader.append(chunk);
    this.#readFrames(messages);
    this.#reader.settle();
    return messages;
  }

  /** What the end of the stream tells: nothing between frames; inside one, that, and the notice that was written into it. */
  end(): EslMessage[] {
    if (this.#reader.failure !== undefined) return [];
    const rest = this.#reader.takeRest();
    if (rest === undefined) return [];
    if (rest.contentType === 'text/disconnect-notice') return [cutNotice(rest.bytes.toString('utf8'))];
    const at = rest.bytes.lastIndexOf(NOTICE);
    if (at === -1) return [torn(rest.missing)];
    const messages: EslMessage[] = at === 0 && rest.contentType === undefined ? [] : [torn(`${rest.missing}, the last ${rest.bytes.length - at} of them a notice`)];
    this.#reader.append(rest.bytes.subarray(at));
    this.#readFrames(messages);
    const cut = this.#reader.takeRest();
    if (cut !== undefined) messages.push(cutNotice(cut.contentType === undefined ? '' : cut.bytes.toString('utf8')));
    return messages;
  }

  #readFrames(messages: EslMessage[]): void {
    for (let frame = this.#reader.next(); frame !== undefined; frame = this.#reader.next()) {
      const message = this.#read(frame);
      if (message !== undefined) messages.push(message);
    }
    const failure = this.#reader.failure;
    if (failure !== undefined && !this.#failureTold) {
      this.#failureTold = true;
      messages.push({ kind: 'protocol-error', message: failure, fatal: true });
    }
  }

  #read(frame: EslFrame): EslMessage | undefined {
    switch (frame.contentType) {
      case 'text/event-json':
        return this.#readEvent(frame, this.#parseJson);
      case 'text/event-plain':
        return this.#readEvent(frame, parsePlainEvent);
      case 'command/reply':
        return readReply(frame);
      case 'api/response':
        return frame.hasLength ? { kind: 'api-response', body: frame.body.toString('utf8') } : this.#reader.fail('an api/response has no Content-Length');
      case 'auth/request':
        return { kind: 'auth-request' };
      case 'text/disconnect-notice':
        return readNotice(frame);
      case 'text/rude-rejection':
        return { kind: 'rude-rejection', text: frame.body.toString('utf8').trim() };
      case 'log/data':
        return { kind: 'ignored', contentType: frame.contentType, note: 'a log line: logs are not read over this connection' };
      case 'text/event-xml':
        return { kind: 'ignored', contentType: frame.contentType, note: 'an XML event: subscribe with "event json"' };
      default:
        return { kind: 'protocol-error', message: `a frame has the unknown Content-Type ${printable(frame.contentType)}`, fatal: false };
    }
  }

  #readEvent(frame: EslFrame, parse: (body: Buffer) => EslEvent): EslMessage | undefined {
    if (!frame.hasLength) return this.#reader.fail(`a ${frame.contentType} frame has no Content-Length`);
    const noticeAt = frame.contentType === 'text/event-plain' ? noticeInHeaders(frame.body) : undefined;
    if (noticeAt !== undefined) return this.#tornAt(noticeAt, frame.body);
    try {
      return { kind: 'event', event: parse(frame.body) };
    } catch (error) {
      if (!(error instanceof MalformedEvent)) throw error;
      const at = noticeInHeaders(frame.body) ?? noticeAtEnd(frame.body);
      return at === undefined ? { kind: 'protocol-error', message: error.message, fatal: false } : this.#tornAt(at, frame.body);
    }
  }

  /**
   * The switch that gives up on a slow reader writes its notice where it stands, inside a frame that it
   * will not finish. The frame is lost, and the notice is read from where it starts.
   */
  #tornAt(at: number, body: Buffer): EslMessage {
    this.#reader.giveBack(body.length - at);
    return torn(`${at} of ${body.length} bytes of an event`);
  }
}

const torn = (what: string): EslMessage => ({ kind: 'torn-frame', message: `the switch broke off inside a frame: ${what}` });

const cutNotice = (text: string): EslMessage => ({ kind: 'disconnect-notice', disposition: 'disconnect', text: text.trim() });

/** In the headers of a plain event a value never holds a space or a colon as they are in a notice: they come encoded. */
function noticeInHeaders(body: Buffer): number | undefined {
  const at = body.indexOf(NOTICE);
  if (at === -1) return undefined;
  const headEnd = body.indexOf('\n\n');
  if (headEnd !== -1 && headEnd < at) return undefined;
  const follows = body.toString('latin1', at + NOTICE.length, at + NOTICE.length + 16);
  return ['Content-Length: ', 'Controlled-Sessi'].some((due) => due.startsWith(follows)) ? at : undefined;
}

/** Where the frame's last bytes are the start of a notice that goes on behind it. */
function noticeAtEnd(body: Buffer): number | undefined {
  for (let length = Math.min(NOTICE.length - 1, body.length); length >= LEAST_OF_NOTICE; length -= 1) {
    if (body.toString('latin1', body.length - length) === NOTICE.slice(0, length)) return body.length - length;
  }
  return undefined;
}

function readReply(frame: EslFrame): EslMessage {
  if (frame.head.startsWith('Event-Name: ')) {
    try {
      const { headers, lists } = parsePlainHeaders(frame.head);
      const channelData: EslEvent = { name: headers['Event-Name'] ?? '', headers, lists };
      return { kind: 'reply', text: (headers['Reply-Text'] ?? '').trimEnd(), channelData };
    } catch (error) {
      if (!(error instanceof MalformedEvent)) throw error;
      return { kind: 'protocol-error', message: error.message, fatal: false };
    }
  }
  const text = headerOf(frame.head, 'Reply-Text');
  // A reply without its text: some commands have nothing to say but their body.
  return { kind: 'reply', text: text ?? frame.body.toString('utf8') };
}

function readNotice(frame: EslFrame): EslMessage {
  const channelId = headerOf(frame.head, 'Controlled-Session-UUID');
  const linger = headerOf(frame.head, 'Linger-Time');
  return {
    kind: 'disconnect-notice',
    disposition: headerOf(frame.head, 'Content-Disposition') === 'linger' ? 'linger' : 'disconnect',
    text: frame.body.toString('utf8').trim(),
    ...(channelId !== undefined && { channelId }),
    ...(linger !== undefined && /^\d+$/.test(linger) && { lingerSeconds: Number(linger) }),
  };
}

/** A header's value; a value with line breaks (`getvar`) goes on until the next header that frames. */
function headerOf(head: string, name: string): string | undefined {
  const first = head.startsWith(`${name}: `);
  const at = first ? 0 : head.indexOf(`\n${name}: `) + 1;
  if (at === 0 && !first) return undefined;
  const rest = head.slice(at + name.length + 2);
  const next = /\n(?=[A-Z][A-Za-z-]*: )/.exec(rest);
  return next === null ? rest : rest.slice(0, next.index);
}
