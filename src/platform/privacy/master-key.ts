import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Key material of 32 bytes derived from the master key for one purpose of one tenant. */
const derive = (master: Buffer, purpose: string, tenantId: string): Buffer => Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `trunkline/${purpose}/${tenantId}`, 32));

/**
 * What the master key is used for: wrapping the keys of persons under a key of their tenant, and the
 * opaque ids of persons. It never encrypts data itself.
 */
export class MasterKey {
  private readonly wrapping = new Map<string, Buffer>();
  private readonly naming = new Map<string, Buffer>();

  /** @param master 32 bytes */
  constructor(private readonly master: Buffer) {
    if (master.length !== 32) throw new Error('the master key must have 32 bytes');
  }

  /** A new data key. */
  newKey(): Buffer {
    return randomBytes(32);
  }

  wrap(tenantId: string, keyId: string, key: Buffer): Buffer {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.wrappingKey(tenantId), iv);
    cipher.setAAD(Buffer.from(keyId));
    const body = Buffer.concat([cipher.update(key), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), body]);
  }

  /** Throws where the master key is another one than the key was wrapped under. */
  unwrap(tenantId: string, keyId: string, wrapped: Buffer): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.wrappingKey(tenantId), wrapped.subarray(0, 12));
    decipher.setAAD(Buffer.from(keyId));
    decipher.setAuthTag(wrapped.subarray(12, 28));
    try {
      return Buffer.concat([decipher.update(wrapped.subarray(28)), decipher.final()]);
    } catch (error) {
      throw new Error('a key in the database was made under another master key; start with the TRUNKLINE_MASTER_KEY (or the data folder) that this database was used with', { cause: error });
    }
  }

  personId(tenantId: string, identity: string): string {
    const key = this.naming.get(tenantId) ?? derive(this.master, 'person-id', tenantId);
    this.naming.set(tenantId, key);
    return createHmac('sha256', key).update(identity).digest('hex').slice(0, 32);
  }

  private wrappingKey(tenantId: string): Buffer {
    const key = this.wrapping.get(tenantId) ?? derive(this.master, 'wrapping', tenantId);
    this.wrapping.set(tenantId, key);
    return key;
  }
}
