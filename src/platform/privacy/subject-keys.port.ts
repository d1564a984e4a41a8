/** A person's data key within one tenant: 32 bytes for AES-256-GCM. */
export interface SubjectKey {
  readonly keyId: string;
  readonly key: Buffer;
}

/**
 * Data keys of persons. A subject is an opaque id (an HMAC of a number, an agent's id). Destroying a
 * key makes every field that it encrypted unreadable, wherever the log has been copied to; a new
 * key is made if the subject comes again.
 */
export interface SubjectKeys {
  /** The subject's live key, made at first use. Cached. */
  keyFor(tenantId: string, subject: string): Promise<SubjectKey>;
  /** Fetches the keys that are not known yet, in one go. Throws when the key store is away. */
  load(keyIds: Iterable<string>): Promise<void>;
  /** A loaded key; undefined when it was destroyed or never existed. */
  get(keyId: string): SubjectKey | undefined;
  /** Id of the subject's live key; undefined where there is none. Makes none. */
  liveKeyId(tenantId: string, subject: string): Promise<string | undefined>;
  /**
   * Destroys the subject's key and answers how many there were. What is recorded of the subject in the
   * QUARANTINE_MS after stays unreadable too: it may repeat what was known before.
   */
  destroy(tenantId: string, subject: string): Promise<number>;
  /** Lets go of what is kept of the subject's keys in this process; they were destroyed elsewhere. Without it they go within a minute. */
  forget(tenantId: string, subject: string): void;
  /** Opaque id of a person: HMAC-SHA-256 of a normalised number or address under the tenant's own key, 32 hex digits. */
  personId(tenantId: string, identity: string): string;
}

/**
 * How long after an erasure nothing of the person can be recorded readably, ms: far longer than any process
 * keeps what it knew (a cached key, the state of a call, a deed under way).
 */
export const QUARANTINE_MS = 600_000;

export const SUBJECT_KEYS = Symbol('SubjectKeys');
