import type { Readable } from 'node:stream';

/** Size and SHA-256 (hexadecimal) of an object's content. */
export interface ObjectFacts {
  readonly bytes: number;
  readonly sha256: string;
}

/** Content to be stored. `open` may be called more than once and begins anew each time. */
export interface ObjectSource extends ObjectFacts {
  /** MIME type. */
  readonly contentType: string;
  open(): Readable;
}

/** Part of an object: both ends count from 0 and are included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * full: there is no room, or no more is allowed. unavailable: away, refused, or misconfigured.
 * exists: an object with this key is there. not-found: none is. corrupt: the content that arrived is
 * not the content that was announced; nothing of it was kept.
 */
export type ObjectStorageFailure = 'full' | 'unavailable' | 'exists' | 'not-found' | 'corrupt';

/** The message has no path and no content in it. */
export class ObjectStorageError extends Error {
  override readonly name = 'ObjectStorageError';
  constructor(
    readonly failure: ObjectStorageFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Large things outside of the log: recordings. An object is written once, whole or not at all, and
 * never overwritten. Keys are opaque and hold nothing personal: letters, digits, dots, dashes and
 * underscores in parts with slashes between. All methods reject with ObjectStorageError.
 */
export interface ObjectStorage {
  /** Stores the content durably if it is what the source announces. `exists` where the key is taken. */
  put(key: string, source: ObjectSource): Promise<void>;
  /** The content, or a part of it that lies within. A stream that breaks is destroyed with an error. */
  get(key: string, range?: ByteRange): Promise<Readable>;
  /** What is stored under the key; undefined: nothing. */
  head(key: string): Promise<ObjectFacts | undefined>;
  /** Afterwards there is nothing under the key, whether or not there was before. */
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}

export const OBJECT_STORAGE = Symbol('ObjectStorage');

const KEY = /^[A-Za-z0-9][A-Za-z0-9._+-]*(?:\/[A-Za-z0-9][A-Za-z0-9._+-]*)*$/;

/** Throws for what is no key: that is a mistake of the program. */
export const requireKey = (key: string): string => {
  if (key.length > 512 || !KEY.test(key)) throw new Error('an object key has 1 to 512 letters, digits, ., _, + and - in parts with slashes between; no part begins with a dot');
  return key;
};
