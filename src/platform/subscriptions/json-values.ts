/// <reference lib="es2024.string" />
import type { Json } from '../../kernel/event.js';

type JsonObject = Readonly<Record<string, Json>>;

/** What PostgreSQL cannot keep in a text: NUL, and half of a surrogate pair. */
const UNWRITABLE = /[\0\p{Surrogate}]/gu;

/** The text as PostgreSQL keeps it. */
export const writable = (text: string): string => (text.isWellFormed() && !text.includes('\0') ? text : text.replace(UNWRITABLE, '\ufffd'));

/** An object of nulls with these keys in this order. What is parsed has a fixed shape; what is put together key by key is a hash table. */
export const blankOf = (keys: readonly string[]): JsonObject => JSON.parse(`{${keys.map((key) => `${JSON.stringify(key)}:null`).join(',')}}`) as JsonObject;

/** The order in which jsonb gives keys back: shorter first, then by bytes. */
const byJsonb = (a: string, b: string): number => Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Keys as they were given, in the order of jsonb, and an object with them as they are written. */
interface Shape {
  readonly keys: readonly string[];
  readonly given: readonly string[];
  readonly written: readonly string[];
  readonly blank: JsonObject;
}

/** Objects of read models have few shapes. */
const MAX_SHAPES = 5_000;
const shapes = new Map<string, Shape>();

/** Most of one number of keys that are looked through before the whole is asked. */
const MOST_RECENT = 8;
const recent: Shape[][] = [];

const sameKeys = (a: readonly string[], b: readonly string[]): boolean => {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
};

const shapeOf = (keys: readonly string[]): Shape => {
  const near = (recent[keys.length] ??= []);
  for (const shape of near) if (sameKeys(shape.keys, keys)) return shape;
  const shape = knownShape(keys);
  if (keys.length < 64) near.unshift(shape);
  if (near.length > MOST_RECENT) near.pop();
  return shape;
};

const knownShape = (keys: readonly string[]): Shape => {
  const name = keys.join('\0');
  const known = shapes.get(name);
  if (known !== undefined) return known;
  const given = [...keys].sort(byJsonb);
  const written = given.map(writable);
  const shape = { keys, given, written, blank: blankOf(written) };
  if (shapes.size >= MAX_SHAPES) shapes.clear();
  shapes.set(name, shape);
  return shape;
};

/** A list in which to look for an item costs less than to make the item anew. */
const SHORT = 32;

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

const keysOf = (value: Readonly<Record<string, Json | undefined>>): string[] => {
  const keys = Object.keys(value);
  for (const key of keys) if (value[key] === undefined) return keys.filter((each) => value[each] !== undefined);
  return keys;
};

/** A value that JSON does not have. The message says where it is and what, to be put behind the name of the whole. */
export class NotJson extends Error {
  override readonly name = 'NotJson';
}

/**
 * A copy in the form in which jsonb would give it back. `before`, in this form already, is what was there:
 * parts that were taken over from it are not worked on again, and where all is as it was it comes back
 * itself. Throws NotJson.
 */
export const jsonValue = (value: Json | undefined, before?: Json): Json => {
  try {
    return kept(value, before);
  } catch (error) {
    throw error instanceof NotJson ? new NotJson(faultIn(value)) : error;
  }
};

const kept = (value: Json | undefined, before: Json | undefined): Json => {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return value === before ? value : writable(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new NotJson();
    return value === 0 ? 0 : value;
  }
  if (value === before && value !== undefined) return value;
  if (Array.isArray(value)) return keptList(value, before);
  if (typeof value !== 'object') throw new NotJson();
  const source = value as Readonly<Record<string, Json | undefined>>;
  const old = isObject(before) ? before : undefined;
  const { given, written, blank } = shapeOf(keysOf(source));
  const copy: Record<string, Json> = { ...blank };
  let same = old !== undefined;
  for (let i = 0; i < given.length; i += 1) {
    const name = written[i]!;
    const was = old?.[name];
    const item = kept(source[given[i]!], was);
    copy[name] = item;
    same &&= item === was;
  }
  return same && old !== undefined && Object.keys(old).length === given.length ? old : copy;
};

const keptList = (value: readonly (Json | undefined)[], before: Json | undefined): Json => {
  const old: readonly Json[] = Array.isArray(before) ? before : [];
  let same = old === before && old.length === value.length;
  const copy = value.map((item, i) => {
    const isOld = typeof item === 'object' && item !== null && (item === old[i] || (old.length <= SHORT && old.includes(item)));
    const made = isOld ? item : kept(item ?? null, old[i]);
    same &&= made === old[i];
    return made;
  });
  return same ? old : copy;
};

/** Where in the value JSON ends, and what is there instead; empty where all is JSON. */
const faultIn = (value: unknown): string => {
  if (typeof value === 'number') return Number.isFinite(value) ? '' : ` holds ${value}, which JSON does not have`;
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return '';
  if (typeof value !== 'object') return ` is ${typeof value}, which JSON does not have`;
  for (const [name, item] of Object.entries(value)) {
    const fault = item === undefined ? '' : faultIn(item);
    if (fault !== '') return `${Array.isArray(value) ? `[${name}]` : `.${name}`}${fault}`;
  }
  return '';
};
