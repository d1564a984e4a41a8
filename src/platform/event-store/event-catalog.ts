import type { EventSpec, Json, PersonalFields, RecordedEvent } from '../../kernel/event.js';
import { decryptField, type EncryptedField, encryptField, isEncrypted } from '../privacy/field-cipher.js';
import { sealedText, withSealed } from '../privacy/sealed-text.js';
import type { SubjectKeys } from '../privacy/subject-keys.port.js';
import { type NewEvent, InvalidEvent, type StoredEvent } from './event-store.port.js';

type Fields = Record<string, Json | undefined>;

/** By this an event that was set aside is recognised as one that a newer program may know. */
export const NOT_KNOWN = 'which this version of Trunkline does not know';

/** The log holds an event that this program does not know: it was written by a newer one. */
export class UnknownEventType extends Error {
  override readonly name = 'UnknownEventType';
  constructor(readonly stream: string, readonly type: string, readonly schemaVersion: number) {
    super(`stream ${stream} holds ${type} version ${schemaVersion}, ${NOT_KNOWN}`);
  }
}

/** Whether a program that does not know the event's type at all may go on as if it were not there. */
export const mayBePassedOver = ({ metadata }: Pick<StoredEvent, 'metadata'>): boolean => metadata.readableBy === 0;

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
        if (spec.readableBy !== undefined && !(spec.readableBy >= 0 && spec.readableBy < spec.version)) throw new Error(`${type} version ${spec.version} is said to be readable by version ${spec.readableBy}: it must be an older one, or 0`);
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
    const { readableBy } = spec;
    const coded = { ...event, schemaVersion: spec.version, ...(readableBy === undefined ? {} : { metadata: { ...event.metadata, readableBy } }) };
    if (spec.personal === undefined) return coded;
    const data = { ...(event.data as Fields) };
    const places = personalPlaces(spec.personal, data);
    if (places.length === 0) return coded;
    const { tenantId } = event.metadata;
    const sealing = places.map(async ({ field, part, value, number, subjects }) => {
      const subject = number && typeof value === 'string' && value !== '' ? keys.personId(tenantId, value) : subjects.map((name) => data[name]).find((id) => typeof id === 'string' && id !== '');
      if (typeof subject !== 'string') throw new InvalidEvent(`${event.type} has personal fields but no ${subjects.join(' or ')}`);
      const sealed = { ...encryptField(await keys.keyFor(tenantId, subject), stream, event.type, event.id, pathOf(field, part), value) };
      data[field] = part === undefined ? sealed : { ...(data[field] as Fields), [part]: sealed };
    });
    await Promise.all(sealing);
    return { ...coded, data };
  }

  /**
   * Events as deciders and projections see them: newest shape, plaintext, `[erased]` where the
   * person's key is gone. A newer version that this one can read as its own comes back as such. An
   * event of an unknown type or of any other newer version comes back undecoded if `unknown` is 'keep'
   * (its reader skips it by its type) or it may be passed over, else UnknownEventType is thrown.
   */
  async decode(events: readonly StoredEvent[], keys: SubjectKeys, unknown: 'keep' | 'refuse'): Promise<RecordedEvent[]> {
    await this.loadKeys(events, keys);
    return events.map((event) => this.decodeOne(event, keys, unknown));
  }

  /**
   * Events as read models are given them: newest shape, what is personal as sealed texts. Keys are asked
   * for only where an older version is lifted, because its upcaster may look at what is personal. What is
   * not known comes back as decode with 'keep' gives it.
   */
  async decodeSealed(events: readonly StoredEvent[], keys: SubjectKeys): Promise<RecordedEvent[]> {
    const older = events.filter((event) => event.schemaVersion < (this.specs.get(event.type)?.version ?? 0));
    if (older.length > 0) await this.loadKeys(older, keys);
    return events.map((event) => {
      const version = this.specs.get(event.type)?.version;
      if (event.schemaVersion !== version) return withSealed(this.decodeOne(event, keys, 'keep'));
      const sealed = this.sealed(event.type, event.data);
      return sealed === undefined ? event : { ...event, data: { ...(event.data as Fields), ...sealed } };
    });
  }

  private async loadKeys(events: readonly StoredEvent[], keys: SubjectKeys): Promise<void> {
    const keyIds = new Set<string>();
    for (const event of events) {
      for (const field of this.specs.get(event.type)?.personal?.fields ?? []) forEachEncrypted((event.data as Fields)[field], ({ k }) => keyIds.add(k));
    }
    if (keyIds.size > 0) await keys.load(keyIds);
  }

  private decodeOne(event: StoredEvent, keys: SubjectKeys, unknown: 'keep' | 'refuse'): RecordedEvent {
    const spec = this.specs.get(event.type);
    const { readableBy = event.schemaVersion } = event.metadata;
    if (spec === undefined || (event.schemaVersion > spec.version && readableBy > spec.version)) {
      if (unknown === 'refuse' && !(spec === undefined && mayBePassedOver(event))) throw new UnknownEventType(event.stream, event.type, event.schemaVersion);
      return event;
    }
    let data = event.data as Fields;
    const sealed = this.sealed(event.type, data);
    if (sealed === undefined && event.schemaVersion === spec.version) return event;
    if (sealed !== undefined) {
      const opened = (path: string, value: Json | undefined): Json | undefined => (isEncrypted(value) ? decryptField(keys.get(value.k), event.stream, event.type, path, value) : value);
      data = { ...data };
      for (const field of Object.keys(sealed)) {
        const value = data[field];
        data[field] = isObject(value) && !isEncrypted(value) ? Object.fromEntries(Object.entries(value).map(([part, item]) => [part, opened(pathOf(field, part), item)])) : opened(field, value);
      }
    }
    for (let version = event.schemaVersion; version < spec.version; version += 1) {
      data = { ...(spec.upcasters?.[version]?.(data) ?? data) };
    }
    return { ...event, schemaVersion: spec.version, data, ...(sealed === undefined ? {} : { sealed }) };
  }

  /** The encrypted fields of an event's data as one text each, an object of them as SEALED_OBJECT; undefined where there are none. */
  sealed(type: string, data: unknown): Record<string, string> | undefined {
    let sealed: Record<string, string> | undefined;
    for (const field of this.specs.get(type)?.personal?.fields ?? []) {
      const value = (data as Fields)[field];
      forEachEncrypted(value, (part) => ((sealed ??= {})[field] = isEncrypted(value) ? sealedText(part, type, field) : SEALED_OBJECT));
    }
    return sealed;
  }
}

/** What a read model is given for an object whose fields are encrypted one by one: none needs what is in it. */
const SEALED_OBJECT = '[sealed]';

const pathOf = (field: string, part: string | undefined): string => (part === undefined ? field : `${field}.${part}`);
const isObject = (value: Json | undefined): value is { readonly [key: string]: Json | undefined } => typeof value === 'object' && value !== null && !Array.isArray(value);

const forEachEncrypted = (value: Json | undefined, found: (field: EncryptedField) => void): void => {
  if (isEncrypted(value)) found(value);
  else if (isObject(value)) for (const part of Object.values(value)) if (isEncrypted(part)) found(part);
};

interface PersonalPlace {
  readonly field: string;
  /** Within an object that is encrypted field by field. */
  readonly part: string | undefined;
  readonly value: Json;
  readonly number: boolean;
  /** Fields that may name the person, the first that does counts. */
  readonly subjects: readonly string[];
}

/** The values that are to be encrypted, and whose they are. */
const personalPlaces = ({ fields, subject, numbers = [], objects = [], subjects = {} }: PersonalFields, data: Fields): PersonalPlace[] => {
  const places: PersonalPlace[] = [];
  const add = (field: string, part: string | undefined, value: Json | undefined): void => {
    if (value === undefined || value === null) return;
    const name = part ?? field;
    const own = subjects[name];
    places.push({ field, part, value, number: numbers.includes(name), subjects: own === undefined ? [subject] : [own, subject] });
  };
  for (const field of fields) {
    const value = data[field];
    if (objects.includes(field) && isObject(value)) for (const [part, item] of Object.entries(value)) add(field, part, item);
    else add(field, undefined, value);
  }
  return places;
};
