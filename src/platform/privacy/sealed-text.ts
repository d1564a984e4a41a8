import type { Json, RecordedEvent } from '../../kernel/event.js';
import { decryptField, type EncryptedField } from './field-cipher.js';
import type { SubjectKeys } from './subject-keys.port.js';

const PREFIX = '$enc1:';
/** Key ids are UUIDs, with or without dashes. A text that somebody wrote to look alike is a text as any other. */
const SHAPE = /^\$enc1:([0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}):([A-Za-z0-9+/=]+):([^:.]+)\.([^:.]+)$/;

/** What a sealed text reads as that is not what was written there: it was changed, or taken from another row. */
export const UNREADABLE = '[unreadable]';

/** An encrypted field of an event as one text: key id, ciphertext, and where it was written. It opens in a row of the event's own stream only. */
export const sealedText = ({ k, v }: EncryptedField, type: string, field: string): string => `${PREFIX}${k}:${v}:${type}.${field}`;

/** The key that a sealed text is under, by which a read model finds what one person has; null for any other text. */
export const keyIdOf = (text: string): string | null => (text.startsWith(PREFIX) ? (SHAPE.exec(text)?.[1] ?? null) : null);

/** The event as a read model is given it: what is personal stays sealed, so that no row ever holds it in plain sight. */
export const withSealed = (event: RecordedEvent): RecordedEvent => (event.sealed === undefined ? event : { ...event, data: { ...(event.data as object), ...event.sealed } });

const keyIdsIn = (value: unknown, into: Set<string>): void => {
  if (typeof value === 'string') {
    const keyId = keyIdOf(value);
    if (keyId !== null) into.add(keyId);
  } else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) keyIdsIn(part, into);
};

const opened = (value: unknown, stream: string, keys: Pick<SubjectKeys, 'get'>): unknown => {
  if (typeof value === 'string') {
    const sealed = value.startsWith(PREFIX) ? SHAPE.exec(value) : null;
    if (sealed === null) return value;
    const [, k = '', v = '', type = '', field = ''] = sealed;
    try {
      return decryptField(keys.get(k), stream, type, field, { $enc: 1, k, v });
    } catch {
      // One row that was tampered with must not hide all others.
      return UNREADABLE;
    }
  }
  if (Array.isArray(value)) return value.map((part: unknown) => opened(part, stream, keys));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, opened(part as Json, stream, keys)]));
};

/** Opens what read models keep sealed. */
export class SealedRows {
  constructor(private readonly keys: Pick<SubjectKeys, 'load' | 'get' | 'liveKeyId' | 'personId'>) {}

  /**
   * The rows with every sealed text in them opened, `[erased]` where the person's key is gone. `streamOf`
   * names the stream whose events the row's texts come from.
   */
  async open<T extends object>(rows: readonly T[], streamOf: (row: T) => string): Promise<T[]> {
    const keyIds = new Set<string>();
    for (const row of rows) keyIdsIn(row, keyIds);
    if (keyIds.size === 0) return [...rows];
    await this.keys.load(keyIds);
    return rows.map((row) => opened(row, streamOf(row), this.keys) as T);
  }

  /** Key id of whoever has this number now; undefined: nobody is known by it, or not any more. */
  keyOf(tenantId: string, number: string): Promise<string | undefined> {
    return this.keys.liveKeyId(tenantId, this.keys.personId(tenantId, number));
  }
}
