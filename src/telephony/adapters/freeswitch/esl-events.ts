import type { EslEvent } from './esl-client.port.js';
import { printable } from './esl-frames.js';
import type { SelectHeaders } from './esl-json-headers.js';
import { listsOfJsonObject } from './esl-json-lists.js';

/** A frame of the right length whose content is no event. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
}

interface MutableEvent {
  name: string;
  subclass?: string;
  headers: Readonly<Record<string, string>>;
  readonly lists?: Readonly<Record<string, readonly string[]>>;
  body?: string;
}

export interface PlainHeaders {
  readonly headers: Record<string, string>;
  readonly lists: Record<string, string[]>;
}

/** In compact JSON, a quote and a colon that no quote follows: some value is not a string (or seems so). A text may begin with two colons (`::1`), no value can. */
const NOT_ONLY_STRINGS = /"(?::[^":]|\s+:)/;
const ARRAY_PREFIX = 'ARRAY::';
const ARRAY_SEPARATOR = '|:';
const LF_LF = Buffer.from('\n\n');

/**
 * A `text/event-json` body. Values are exact as the switch held them. Lists (repeated keys, arrays) are
 * worked out from the text only when they are asked for: few events have any, and looking costs.
 * With `select` the event has the selected headers only, and no lists, where its text allows it.
 */
export function parseJsonEvent(bytes: Buffer, select?: SelectHeaders): EslEvent {
  const selected = select?.(bytes);
  if (selected !== undefined) return withBody({ name: nameOf(selected), headers: selected }, selected);
  const text = bytes.toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new MalformedEvent(`a JSON event of ${bytes.length} bytes is no JSON: it ends with ${printable(text.slice(-40))}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new MalformedEvent('a JSON event is no object');
  const headers = NOT_ONLY_STRINGS.test(text) ? onlyStrings(parsed) : (parsed as Record<string, string>);
  const name = nameOf(headers);

  let lists: Record<string, readonly string[]> | undefined;
  const event: MutableEvent = {
    name,
    headers,
    get lists() {
      return (lists ??= listsOfJsonObject(text));
    },
  };
  return withBody(event, headers);
}

function nameOf(headers: Readonly<Record<string, string>>): string {
  const name = headers['Event-Name'];
  if (name === undefined || name === '') throw new MalformedEvent('a JSON event has no Event-Name');
  return name;
}

function withBody(event: MutableEvent, headers: Record<string, string>): MutableEvent {
  if (headers['Event-Subclass'] !== undefined) event.subclass = headers['Event-Subclass'];
  if (headers['_body'] !== undefined) {
    event.body = headers['_body'];
    delete headers['_body'];
  }
  return event;
}

/**
 * A `text/event-plain` body: URL-encoded headers, an empty line, and the event's own body, not encoded.
 * What the switch did not encode (a literal `%20` in a value) cannot be told from what it did.
 */
export function parsePlainEvent(bytes: Buffer): EslEvent {
  const headEnd = bytes.indexOf(LF_LF);
  if (headEnd === -1) throw new MalformedEvent(`a plain event of ${bytes.length} bytes has no end of its headers`);
  const { headers, lists } = parsePlainHeaders(bytes.toString('utf8', 0, headEnd));
  const name = headers['Event-Name'];
  if (name === undefined || name === '') throw new MalformedEvent('a plain event has no Event-Name');
  const event: MutableEvent = { name, headers, lists };
  if (headers['Event-Subclass'] !== undefined) event.subclass = headers['Event-Subclass'];
  const rest = bytes.subarray(headEnd + 2);
  if (rest.length > 0) event.body = rest.toString('utf8', 0, bodyLength(headers, rest.length));
  return event;
}

/** Header lines as `switch_event_serialize` writes them. */
export function parsePlainHeaders(text: string): PlainHeaders {
  const headers: Record<string, string> = {};
  const lists: Record<string, string[]> = {};
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const to = newline === -1 ? text.length : newline;
    const colon = text.indexOf(':', from);
    if (colon === -1 || colon >= to || colon === from) {
      throw new MalformedEvent(`a line of a plain event is no "Name: value" header: ${printable(text.slice(from, to))}`);
    }
    const name = text.slice(from, colon);
    const value = urlDecode(text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1, to));
    const values = value.startsWith(ARRAY_PREFIX) ? value.slice(ARRAY_PREFIX.length).split(ARRAY_SEPARATOR) : undefined;
    if (Object.hasOwn(headers, name) || values !== undefined) {
      const before = lists[name] ?? (Object.hasOwn(headers, name) ? [headers[name] ?? ''] : []);
      define(lists, name, [...before, ...(values ?? [value])]);
    }
    define(headers, name, values?.at(-1) ?? value);
    from = to + 1;
  }
  return { headers, lists };
}

/** Decodes what is valid and keeps every other `%` as it came: a name in Latin-1 must not end a connection. */
export function urlDecode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/(?:%[0-9a-fA-F]{2})+/g, decodeRun);
  }
}

/** A run of escapes of which some are no UTF-8: the longest valid sequences are decoded one by one. */
function decodeRun(run: string): string {
  let decoded = '';
  for (let at = 0; at < run.length; ) {
    let taken = 3;
    let character = run.slice(at, at + 3);
    for (let width = 3; width <= 12 && at + width <= run.length; width += 3) {
      try {
        character = decodeURIComponent(run.slice(at, at + width));
        taken = width;
        break;
      } catch {
        // A longer sequence may still be one character.
      }
    }
    decoded += character;
    at += taken;
  }
  return decoded;
}

/** `Content-Length` of the event itself (some have it in lower case, one of their sender's); never more than there is. */
function bodyLength(headers: Readonly<Record<string, string>>, available: number): number {
  const claimed = Number(headers['Content-Length'] ?? headers['content-length'] ?? available);
  return Number.isSafeInteger(claimed) && claimed > 0 && claimed <= available ? claimed : available;
}

function onlyStrings(parsed: object): Record<string, string> {
  const headers = parsed as Record<string, unknown>;
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') continue;
    const last: unknown = Array.isArray(value) ? ((value as unknown[]).at(-1) ?? '') : value;
    if (typeof last === 'object') throw new MalformedEvent(`a JSON event has ${printable(name)} with a value that is neither text nor a list of texts`);
    headers[name] = String(last as string | number | boolean);
  }
  return headers as Record<string, string>;
}

/** Sets an own property even where the switch's name for it is `__proto__`. */
function define<Value>(target: Record<string, Value>, name: string, value: Value): void {
  if (name === '__proto__') Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}
