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
  /** Destroys all keys of the subject; those cached elsewhere are gone within a minute. */
  destroy(tenantId: string, subject: string): Promise<number>;
  /** Opaque id of a person: HMAC-SHA-256 of a normalised number or address under the tenant's own key, 32 hex digits. */
  personId(tenantId: string, identity: string): string;
}

export const SUBJECT_KEYS = Symbol('SubjectKeys');
