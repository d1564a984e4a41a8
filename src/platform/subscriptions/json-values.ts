import type { Json } from '../../kernel/event.js';

type JsonObject = Readonly<Record<string, Json>>;

/** What PostgreSQL cannot keep in a text: NUL, and half of a surrogate pair. */
const UNWRITABLE = /[\0\p{Surrogate}]/gu;
const SUSPECT = /[\0\ud800-\udfff]/;

/** The text as PostgreSQL keeps it. */
export const writable = (text: string): string => (SUSPECT.test(text) ? text.replace(UNWRITABLE, '\ufffd') : text);

/** An object of nulls with these keys in this order. What is parsed has a fixed shape; what is put together key by key is a hash table. */
export const blankOf = (keys: readonly string[]): JsonObject => JSON.parse(`{${keys.map((key) => `${JSON.stringify(key)}:null`).join(',')}}`) as JsonObject;

/** The order in which jsonb gives keys back: shorter first, then by bytes. */
const byJsonb = (a: string, b: string): number => Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Keys as they were given, in the order of jsonb, and an object with them as they are written. */
interface Shape {
  readonly given: readonly string[];
  readonly written: readonly string[];
  readonly blank: JsonObject;
}

/** Objects of read models have few shapes. */
const MAX_SHAPES = 5_000;
const shapes = new Map<string, Shape>();

const shapeOf = (keys: readonly string[]): Shape => {
  const name = keys.join('\0');
  const known = shapes.get(name);
  if (known !== undefined) return known;
  const given = [...keys].sort(byJsonb);
  const written = given.map(writable);
  const shape = { given, written, blank: blankOf(written) };
  if (shapes.size >= MAX_SHAPES) shapes.clear();
  shapes.set(name, shape);
  return shape;
};

/** A list in which to look for an item costs less than to make the item anew. */
const SHORT = 32;

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

const keysOf = (value: Readonly<Record<string, Json | undefined>>): string[] => {
  const keys = Object.keys(value);
  return keys.some((key) => value[key] === undefined) ? keys.filter((key) => value[key] !== undefined) : keys;
};

/**
 * A copy in the form in which jsonb would give it back. `before`, in this form already, is what was there:
 * parts that were taken over from it are not worked on again, and where all is as it was it comes back
 * itself. Throws TypeError where JSON does not have it.
 */
export const jsonValue = (value: Json | undefined, what: () => string, before?: Json): Json => {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return value === before ? value : writable(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${what()} holds ${value}, which JSON does not have`);
    return value === 0 ? 0 : value;
  }
  if (value === before && value !== undefined) return value;
  if (Array.isArray(value)) {
    const old: readonly Json[] = Array.isArray(before) ? before : [];
    const isOld = (item: Json | undefined, i: number): boolean => typeof item === 'object' && item !== null && (item === old[i] || (old.length <= SHORT && old.includes(item)));
    const copy = value.map((item: Json | undefined, i) => (isOld(item, i) ? item! : jsonValue(item ?? null, () => `${what()}[${i}]`, old[i])));
    return copy.length === old.length && old === before && copy.every((item, i) => item === old[i]) ? old : copy;
  }
  if (typeof value !== 'object') throw new TypeError(`${what()} is ${typeof value}, which JSON does not have`);
  const source = value as Readonly<Record<string, Json | undefined>>;
  const old = isObject(before) ? before : undefined;
  const { given, written, blank } = shapeOf(keysOf(source));
  const copy: Record<string, Json> = { ...blank };
  let same = old !== undefined;
  for (let i = 0; i < given.length; i += 1) {
    const name = written[i]!;
    const item = jsonValue(source[given[i]!], () => `${what()}.${given[i]!}`, old?.[name]);
    copy[name] = item;
    same &&= item === old?.[name];
  }
  return same && old !== undefined && Object.keys(old).length === given.length ? old : copy;
};
