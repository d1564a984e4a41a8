import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** An API key as its owner writes it: `tl_<keyId>_<32 random bytes, base64url>`. */
export interface ApiKeyText {
  readonly keyId: string;
  readonly secret: Buffer;
}

const SHAPE = /^tl_([0-9A-Za-z-]{1,64})_([0-9A-Za-z_-]{43})$/;

export const parseApiKey = (text: string): ApiKeyText | undefined => {
  const [, keyId, secret] = SHAPE.exec(text) ?? [];
  return keyId === undefined || secret === undefined ? undefined : { keyId, secret: Buffer.from(secret, 'base64url') };
};

/** SHA-256 of a key's secret, lower-case hex: all that is kept of it. */
export const hashOfSecret = (secret: Buffer): string => createHash('sha256').update(secret).digest('hex');

/** Compares in a time that does not depend on where they differ. */
export const matches = (secret: Buffer, hash: string): boolean => {
  const expected = Buffer.from(hash, 'hex');
  const given = createHash('sha256').update(secret).digest();
  return expected.length === given.length && timingSafeEqual(expected, given);
};

/** A new key: its text, shown once, and the hash that is kept. */
export const newApiKey = (keyId: string): { readonly key: string; readonly hash: string } => {
  const secret = randomBytes(32);
  return { key: `tl_${keyId}_${secret.toString('base64url')}`, hash: hashOfSecret(secret) };
};
