import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { ERASED, type Json } from '../../kernel/event.js';
import type { SubjectKey } from './subject-keys.port.js';

/** An encrypted field in the log: key id and base64 of iv (12 bytes), tag (16 bytes) and ciphertext. */
export interface EncryptedField {
  readonly $enc: 1;
  readonly k: string;
  readonly v: string;
}

export const isEncrypted = (value: unknown): value is EncryptedField =>
  typeof value === 'object' && value !== null && (value as { $enc?: unknown }).$enc === 1 && typeof (value as { k?: unknown }).k === 'string';

const associatedData = (stream: string, type: string, field: string): Buffer => Buffer.from(`${stream}|${type}|${field}`);

/**
 * The iv is derived from key, event, field and value, so that the same event written again after an
 * unknown outcome is the same bytes. An iv repeats only with the same plaintext in the same place.
 */
export const encryptField = (key: SubjectKey, stream: string, type: string, eventId: string, field: string, value: Json): EncryptedField => {
  const plain = Buffer.from(JSON.stringify(value));
  const iv = createHash('sha256').update(key.key).update(`${eventId}|${field}|`).update(plain).digest().subarray(0, 12);
  const cipher = createCipheriv('aes-256-gcm', key.key, iv);
  cipher.setAAD(associatedData(stream, type, field));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { $enc: 1, k: key.keyId, v: Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64') };
};

/** The plaintext, or ERASED without a key. Throws when the bytes were tampered with. */
export const decryptField = (key: SubjectKey | undefined, stream: string, type: string, field: string, value: EncryptedField): Json => {
  if (key === undefined) return ERASED;
  const bytes = Buffer.from(value.v, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key.key, bytes.subarray(0, 12));
  decipher.setAAD(associatedData(stream, type, field));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString()) as Json;
};
