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

/** Types that were found to be in order: there are a few dozen, and they come again and again. */
const goodTypes = new Set<string>();
const MAX_GOOD_TYPES = 1_000;

const typeFault = (type: string): string | undefined => {
  if (goodTypes.has(type)) return undefined;
  const fault = nameFault(type);
  if (fault === undefined && goodTypes.size < MAX_GOOD_TYPES) goodTypes.add(type);
  return fault;
};

/** Why a value is not plain JSON, and where within it (outermost last); undefined where it is. */
interface JsonFault {
  readonly path: string[];
  readonly why: string;
}

const jsonFault = (value: unknown, depth: number): JsonFault | undefined => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : { path: [], why: `is ${value}; use null or leave it out` };
    case 'bigint':
      return { path: [], why: 'is a bigint; use a decimal string' };
    case 'object':
      break;
    default:
      return { path: [], why: `is ${typeof value}, which JSON does not have` };
  }
  if (value === null) return undefined;
  if (depth >= MAX_DEPTH) return { path: [], why: `is nested more than ${MAX_DEPTH} deep, or contains itself` };
  if (Array.isArray(value)) {
    // By index, because iteration helpers skip the holes of a sparse array, which JSON would turn into null.
    for (let i = 0; i < value.length; i++) {
      const fault = jsonFault(value[i], depth + 1);
      if (fault !== undefined) return within(fault, `[${i}]`);
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && Object.getPrototypeOf(prototype) !== null) {
    return { path: [], why: `is a ${(value as object).constructor?.name ?? 'class instance'}; use a plain object or a string` };
  }
  const fields = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(fields)) {
    const item = fields[key];
    if (item === undefined) continue;
    const fault = jsonFault(item, depth + 1);
    if (fault !== undefined) return within(fault, `.${key}`);
  }
  return undefined;
};

const within = (fault: JsonFault, place: string): JsonFault => {
  fault.path.push(place);
  return fault;
};

const told = (name: string, fault: JsonFault): string => `${name}${fault.path.reverse().join('')} ${fault.why}`;

const prepare = (stream: string, event: NewEvent): PreparedEvent => {
  const refuse = (why: string): never => {
    throw new InvalidEvent(`event ${String(event.id)} (${String(event.type)}) for ${stream}: ${why}`);
  };
  if (typeof event.id !== 'string' || !UUID.test(event.id) || event.id === NIL) refuse('its id must be a UUID other than nil');
  const type = typeFault(event.type);
  if (type !== undefined) refuse(`its type ${type}`);
  if (!Number.isInteger(event.schemaVersion) || event.schemaVersion < 1 || event.schemaVersion > MAX_SCHEMA_VERSION) {
    refuse(`its schemaVersion is ${event.schemaVersion}, it must be an integer from 1`);
  }
  const inData = jsonFault(event.data, 0);
  if (inData !== undefined) refuse(told('data', inData));
  const inMetadata = jsonFault(event.metadata, 0);
  if (inMetadata !== undefined) refuse(told('metadata', inMetadata));
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
