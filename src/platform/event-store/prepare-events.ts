import { AppendTooLarge, InvalidEvent, MAX_APPEND_BYTES, type ExpectedRevision, type NewEvent, type StreamAppend } from './event-store.port.js';

/**
 * An event that is fit to be written. `event.id` is in lower case, the texts are what is stored,
 * and `bytes` is what the event counts against MAX_APPEND_BYTES: data + metadata + twice the type.
 */
export interface PreparedEvent {
  readonly event: NewEvent;
  readonly dataText: string;
  readonly metadataText: string;
  readonly bytes: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NIL = '00000000-0000-0000-0000-000000000000';
/** NUL, or half of a surrogate pair standing alone. */
const UNWRITABLE = /[\0\p{Surrogate}]/u;
const MAX_NAME_BYTES = 1024;
const MAX_DEPTH = 256;
const MAX_SCHEMA_VERSION = 2 ** 31 - 1;

/** How a name breaks the rules, or undefined: stores must be able to keep it as UTF-8 text, and `$` is EventStoreDB's own. */
const nameFault = (name: string): string | undefined => {
  if (typeof name !== 'string' || name === '') return 'is empty';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `is longer than ${MAX_NAME_BYTES} bytes`;
  if (name.startsWith('$')) return 'starts with $, which the store keeps for itself';
  if (UNWRITABLE.test(name)) return 'holds a NUL or half a surrogate pair';
  return undefined;
};

/** Whether a stream can have this name; one that cannot does not exist. */
export const isStreamName = (name: string): boolean => nameFault(name) === undefined;

/** Where and why a value is not plain JSON, or undefined. */
const jsonFault = (value: unknown, path: string, depth: number): string | undefined => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : `${path} is ${value}; use null or leave it out`;
    case 'bigint':
      return `${path} is a bigint; use a decimal string`;
    case 'object':
      break;
    default:
      return `${path} is ${typeof value}, which JSON does not have`;
  }
  if (value === null) return undefined;
  if (depth >= MAX_DEPTH) return `${path} is nested more than ${MAX_DEPTH} deep, or contains itself`;
  if (Array.isArray(value)) {
    // By index, because iteration helpers skip the holes of a sparse array, which JSON would turn into null.
    for (let i = 0; i < value.length; i++) {
      const fault = jsonFault(value[i], `${path}[${i}]`, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return `${path} is a ${(value as object).constructor?.name ?? 'class instance'}; use a plain object or a string`;
  }
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const fault = jsonFault(item, `${path}.${key}`, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

const prepare = (stream: string, event: NewEvent): PreparedEvent => {
  const refuse = (why: string): never => {
    throw new InvalidEvent(`event ${String(event.id)} (${String(event.type)}) for ${stream}: ${why}`);
  };
  if (typeof event.id !== 'string' || !UUID.test(event.id) || event.id === NIL) refuse('its id must be a UUID other than nil');
  const typeFault = nameFault(event.type);
  if (typeFault !== undefined) refuse(`its type ${typeFault}`);
  if (!Number.isInteger(event.schemaVersion) || event.schemaVersion < 1 || event.schemaVersion > MAX_SCHEMA_VERSION) {
    refuse(`its schemaVersion is ${event.schemaVersion}, it must be an integer from 1`);
  }
  const fault = jsonFault(event.data, 'data', 0) ?? jsonFault(event.metadata, 'metadata', 0);
  if (fault !== undefined) refuse(fault);
  const dataText = JSON.stringify(event.data);
  const metadataText = JSON.stringify(event.metadata);
  const id = event.id.toLowerCase();
  return {
    event: id === event.id ? event : { ...event, id },
    dataText,
    metadataText,
    bytes: Buffer.byteLength(dataText) + Buffer.byteLength(metadataText) + 2 * Buffer.byteLength(event.type),
  };
};

/**
 * Checks an append before any store sees it, so that every store refuses the same things.
 * Throws InvalidEvent (which says what is wrong and where) or AppendTooLarge.
 */
export const prepareEvents = (stream: string, events: readonly NewEvent[]): PreparedEvent[] => {
  const streamFault = nameFault(stream);
  if (streamFault !== undefined) throw new InvalidEvent(`the stream name ${JSON.stringify(stream)} ${streamFault}`);
  const prepared = events.map((event) => prepare(stream, event));
  const ids = new Set(prepared.map(({ event }) => event.id));
  if (ids.size < prepared.length) throw new InvalidEvent(`an append to ${stream} holds the same event id twice`);
  const bytes = prepared.reduce((sum, event) => sum + event.bytes, 0);
  if (bytes > MAX_APPEND_BYTES) throw new AppendTooLarge(stream, bytes);
  return prepared;
};

const NAMED_REVISIONS: ReadonlySet<string> = new Set(['no_stream', 'stream_exists', 'any']);
const MAX_REVISION = 2n ** 63n - 1n;

/** Refuses an expected revision that no stream can have, such as -1n. Throws RangeError. */
export const checkExpectedRevision = (expected: ExpectedRevision): void => {
  if (typeof expected === 'bigint' ? expected >= 0n && expected < MAX_REVISION : NAMED_REVISIONS.has(expected)) return;
  throw new RangeError(
    `expected revision ${String(expected)} is not valid; use 0n or above, 'no_stream', 'stream_exists' or 'any'`,
  );
};

/** Checks appends that are made together, each as it would be alone; none of them may be empty, and no event may come twice. */
export const prepareTogether = (appends: readonly StreamAppend[]): { readonly stream: string; readonly expected: ExpectedRevision; readonly events: readonly PreparedEvent[] }[] => {
  const ids = new Set<string>();
  let count = 0;
  const prepared = appends.map(({ stream, expected, events }) => {
    checkExpectedRevision(expected);
    if (events.length === 0) throw new InvalidEvent(`one of several appends, to ${stream}, has no events`);
    const own = prepareEvents(stream, events);
    for (const { event } of own) ids.add(event.id);
    count += own.length;
    return { stream, expected, events: own };
  });
  if (count === 0) throw new InvalidEvent('nothing is to be appended');
  if (ids.size < count) throw new InvalidEvent('appends that are made together hold the same event id twice');
  return prepared;
};
