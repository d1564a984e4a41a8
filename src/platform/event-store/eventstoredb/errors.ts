import { EventStoreUnavailable } from '../event-store.port.js';

/** The server refused the credentials of the connection string, or they may not read or write here. */
export class EventStoreAccessDenied extends Error {
  override readonly name = 'EventStoreAccessDenied';
}

/** A stream holds an event that this adapter did not write, so its history cannot be trusted. */
export class ForeignEvent extends Error {
  override readonly name = 'ForeignEvent';
}

/** A position was asked for that this log never gave out, such as one of another log. */
export class UnknownPosition extends Error {
  override readonly name = 'UnknownPosition';
}

/** The server is too old for what the adapter relies on. */
export class UnsupportedServer extends Error {
  override readonly name = 'UnsupportedServer';
  readonly type = 'unsupported';
}

/** No answer within our own time limit; the client has none for most of its calls. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** The server ended a call that should have gone on: a subscription, or the stream that carries the appends. */
export class CallEnded extends Error {
  override readonly name = 'CallEnded';
}

export type FailureKind =
  | 'wrong-revision'
  | 'stream-deleted'
  | 'stream-not-found'
  | 'too-large'
  | 'denied'
  | 'refused'
  | 'transient';

const BY_TYPE: Readonly<Record<string, FailureKind>> = {
  'wrong-expected-version': 'wrong-revision',
  'stream-deleted': 'stream-deleted',
  'stream-not-found': 'stream-not-found',
  'maximum-append-size-exceeded': 'too-large',
  'access-denied': 'denied',
  'invalid-argument': 'refused',
  'invalid-transaction': 'refused',
  'missing-required-metadata-property': 'refused',
  unsupported: 'refused',
};

/** gRPC status codes that say that the request itself is wrong: asking again gives the same answer. */
const BY_CODE: Readonly<Record<number, FailureKind>> = {
  3: 'refused', // INVALID_ARGUMENT
  7: 'denied', // PERMISSION_DENIED
  11: 'refused', // OUT_OF_RANGE
  12: 'refused', // UNIMPLEMENTED
  16: 'denied', // UNAUTHENTICATED
};

/** What the server says when a position is not one that it gave out, word for word. */
const INVALID_POSITION = /Unexpected ReadAllResult: (Error|InvalidPosition)/;

const property = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;

/** The text of an error, whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * What a failure of the client means. Its errors carry a `type`, raw gRPC ones only a `code`, and
 * what discovery and a closed channel throw has neither. All that is not known to be final is
 * worth another try: "Server Is Not Ready" and "Server Is Busy" arrive as type "unknown".
 */
export const kindOf = (error: unknown): FailureKind => {
  if (INVALID_POSITION.test(messageOf(error))) return 'refused';
  const type = property(error, 'type');
  const byType = typeof type === 'string' ? BY_TYPE[type] : undefined;
  if (byType !== undefined) return byType;
  const code = property(error, 'code');
  return (typeof code === 'number' ? BY_CODE[code] : undefined) ?? 'transient';
};

/** Where the stream really is, from a wrong-revision error. */
export const actualRevisionOf = (error: unknown): bigint | 'no_stream' => {
  const actual = property(error, 'actualVersion');
  return typeof actual === 'bigint' ? actual : 'no_stream';
};

/** A final failure in our own words; what has none is passed on as it is. */
export const finalError = (error: unknown): unknown => {
  if (kindOf(error) === 'denied') {
    return new EventStoreAccessDenied(
      `EventStoreDB refused access (${messageOf(error)}); check user and password in the connection string and the stream's access list`,
      { cause: error },
    );
  }
  if (INVALID_POSITION.test(messageOf(error))) {
    return new UnknownPosition(`this log has no such position (${messageOf(error)}); use one that it gave out, or 0 for its beginning`, { cause: error });
  }
  return error;
};

export const unavailable = (what: string, attempts: number, cause: unknown): EventStoreUnavailable =>
  new EventStoreUnavailable(`${what} failed ${attempts} times, last with: ${messageOf(cause)}`, { cause });
