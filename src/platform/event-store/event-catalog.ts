import type { EventSpec, Json, RecordedEvent } from '../../kernel/event.js';
import { decryptField, encryptField, isEncrypted } from '../privacy/field-cipher.js';
import type { SubjectKeys } from '../privacy/subject-keys.port.js';
import { type NewEvent, InvalidEvent, type StoredEvent } from './event-store.port.js';

type Fields = Record<string, Json | undefined>;

/** The log holds an event that this program does not know: it was written by a newer one. */
export class UnknownEventType extends Error {
  override readonly name = 'UnknownEventType';
  constructor(readonly stream: string, readonly type: string, readonly schemaVersion: number) {
    super(`stream ${stream} holds ${type} version ${schemaVersion}, which this version of Trunkline does not know`);
  }
}

/**
 * Every event type there is: its schema version, how older versions are lifted, and which fields are
 * personal. Events are encrypted on the way into the store and decrypted on the way out, here and
 * nowhere else.
 */
export class EventCatalog {
  private readonly specs: ReadonlyMap<string, EventSpec>;

  constructor(...groups: readonly Readonly<Record<string, EventSpec>>[]) {
    const specs = new Map<string, EventSpec>();
    for (const group of groups) {
      for (const [type, spec] of Object.entries(group)) {
        if (specs.has(type)) throw new Error(`event type ${type} is declared twice`);
        for (let v = 1; v < spec.version; v += 1) {
          if (spec.upcasters?.[v] === undefined) throw new Error(`${type} has no upcaster from version ${v}`);
        }
        specs.set(type, spec);
      }
    }
    this.specs = specs;
  }

  types(): string[] {
    return [...this.specs.keys()];
  }

  spec(type: string): EventSpec | undefined {
    return this.specs.get(type);
  }

  /** The event as the log takes it: stamped with its schema version, personal fields encrypted. */
  async encode(stream: string, event: Omit<NewEvent, 'schemaVersion'>, keys: SubjectKeys): Promise<NewEvent> {
    const spec = this.specs.get(event.type);
    if (spec === undefined) throw new InvalidEvent(`${event.type} is not in the event catalog`);
    const coded = { ...event, schemaVersion: spec.version };
    if (spec.personal === undefined) return coded;
    const data = { ...(event.data as Fields) };
    const present = spec.personal.fields.filter((field) => data[field] !== undefined && data[field] !== null);
    if (present.length === 0) return coded;
    const subject = data[spec.personal.subject];
    if (typeof subject !== 'string' || subject === '') throw new InvalidEvent(`${event.type} has personal fields but no ${spec.personal.subject}`);
    const key = await keys.keyFor(event.metadata.tenantId, subject);
    for (const field of present) data[field] = { ...encryptField(key, stream, event.type, event.id, field, data[field] ?? null) };
    return { ...coded, data };
  }

  /**
   * Events as deciders and projections see them: newest shape, plaintext, `[erased]` where the
   * person's key is gone. An event of an unknown type or a newer version comes back undecoded if
   * `unknown` is 'keep' (its reader skips it by its type), else UnknownEventType is thrown.
   */
  async decode(events: readonly StoredEvent[], keys: SubjectKeys, unknown: 'keep' | 'refuse'): Promise<RecordedEvent[]> {
    const keyIds = new Set<string>();
    for (const event of events) {
      for (const field of this.specs.get(event.type)?.personal?.fields ?? []) {
        const value = (event.data as Fields)[field];
        if (isEncrypted(value)) keyIds.add(value.k);
      }
    }
    if (keyIds.size > 0) await keys.load(keyIds);
    return events.map((event) => this.decodeOne(event, keys, unknown));
  }

  private decodeOne(event: StoredEvent, keys: SubjectKeys, unknown: 'keep' | 'refuse'): RecordedEvent {
    const spec = this.specs.get(event.type);
    if (spec === undefined || event.schemaVersion > spec.version) {
      if (unknown === 'refuse') throw new UnknownEventType(event.stream, event.type, event.schemaVersion);
      return event;
    }
    let data = event.data as Fields;
    if (spec.personal !== undefined) {
      for (const field of spec.personal.fields) {
        const value = data[field];
        if (!isEncrypted(value)) continue;
        if (data === event.data) data = { ...data };
        data[field] = decryptField(keys.get(value.k), event.stream, event.type, field, value);
      }
    }
    for (let version = event.schemaVersion; version < spec.version; version += 1) {
      data = { ...(spec.upcasters?.[version]?.(data) ?? data) };
    }
    return { ...event, schemaVersion: spec.version, data };
  }
}
