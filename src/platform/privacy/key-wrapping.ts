import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The master key is not the one that the data was written with, or the wrapped key was tampered with. */
export class WrongMasterKey extends Error {
  override readonly name = 'WrongMasterKey';
}

/** What derives from the master key: each tenant's wrapping key, and its key for the ids of persons. */
export class KeyRing {
  private readonly derived = new Map<string, Buffer>();

  /** `masterKey`: 32 bytes. Whoever has it and the key table can read everything; whoever loses it, nothing. */
  constructor(private readonly masterKey: Buffer) {
    if (masterKey.length !== KEY_BYTES) throw new TypeError(`the master key must have ${KEY_BYTES} bytes; got ${masterKey.length}`);
  }

  newKey(): Buffer {
    return randomBytes(KEY_BYTES);
  }

  /** iv, tag and encrypted key. Bound to tenant, subject and key id, so that rows cannot be exchanged. */
  wrap(tenantId: string, subject: string, keyId: string, key: Buffer): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.derive('key-wrapping', tenantId), iv);
    cipher.setAAD(Buffer.from(`${tenantId}|${subject}|${keyId}`));
    const body = Buffer.concat([cipher.update(key), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), body]);
  }

  /** Throws WrongMasterKey. */
  unwrap(tenantId: string, subject: string, keyId: string, wrapped: Buffer): Buffer {
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.derive('key-wrapping', tenantId), wrapped.subarray(0, IV_BYTES));
      decipher.setAAD(Buffer.from(`${tenantId}|${subject}|${keyId}`));
      decipher.setAuthTag(wrapped.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(wrapped.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
    } catch (cause) {
      throw new WrongMasterKey(`the personal key ${keyId} cannot be opened: this is not the master key that it was stored with`, { cause });
    }
  }

  /** 32 hex digits that name a person within a tenant and tell nobody without the master key who it is. */
  personId(tenantId: string, identity: string): string {
    return createHmac('sha256', this.derive('person-id', tenantId)).update(identity).digest('hex').slice(0, 32);
  }

  private derive(purpose: string, tenantId: string): Buffer {
    const name = `${purpose}|${tenantId}`;
    const known = this.derived.get(name);
    if (known !== undefined) return known;
    const key = Buffer.from(hkdfSync('sha256', this.masterKey, 'trunkline', name, KEY_BYTES));
    this.derived.set(name, key);
    return key;
  }
}
