import { isoTime, msOf } from '../../kernel/clock.js';
import type { Json } from '../../kernel/event.js';
import type { PreparedTable } from './projection-tables.js';
import type { ColumnType, Row } from './projection.js';

/** What PostgreSQL cannot keep in a text: NUL, and half of a surrogate pair. */
const UNWRITABLE = /[\0\p{Surrogate}]/gu;
const MAX_INTEGER = 2 ** 31 - 1;
const INTEGER_TEXT = /^-?\d{1,19}$/;

const writable = (text: string): string => text.replace(UNWRITABLE, '\ufffd');

const ASCII = /^[\x20-\x7e]*$/;

/** The order in which jsonb gives keys back: shorter first, then by bytes. */
const byJsonb = (a: string, b: string): number => {
  // The keys of our own rows; no bytes have to be made of them.
  if (ASCII.test(a) && ASCII.test(b)) return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
  return Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b));
};

/** A frozen copy in the form in which jsonb would give it back. */
const jsonValue = (value: Json | undefined, what: string): Json => {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return writable(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${what} holds ${value}, which JSON does not have`);
    return value === 0 ? 0 : value;
  }
  if (Array.isArray(value)) return Object.freeze(value.map((item: Json | undefined, i) => jsonValue(item ?? null, `${what}[${i}]`)));
  if (typeof value !== 'object') throw new TypeError(`${what} is ${typeof value}, which JSON does not have`);
  const copy: Record<string, Json> = {};
  for (const key of Object.keys(value).sort(byJsonb)) {
    const item = (value as Record<string, Json | undefined>)[key];
    if (item !== undefined) copy[writable(key)] = jsonValue(item, `${what}.${key}`);
  }
  return Object.freeze(copy);
};

const wholeNumber = (value: Json, what: string): Json => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  if (typeof value !== 'string' || !INTEGER_TEXT.test(value)) throw new TypeError(`${what} is no whole number`);
  const exact = BigInt(value);
  if (BigInt.asIntN(64, exact) !== exact) throw new TypeError(`${what} does not fit 64 bits`);
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact.toString();
};

const instant = (value: Json, what: string): string => {
  const ms = typeof value === 'string' ? msOf(value) : Number.NaN;
  if (Number.isNaN(ms)) throw new TypeError(`${what} is no ISO 8601 time`);
  return isoTime(ms);
};

/**
 * A value in the one form that it has before and after the database, so that a fold sees the same
 * whether it meets its own row within a batch or in a later one. Messages never hold the value.
 */
export const columnValue = (type: ColumnType, value: Json | undefined, what: string): Json => {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'text':
      if (typeof value !== 'string') throw new TypeError(`${what} is text, but got a ${typeof value}`);
      return writable(value);
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > MAX_INTEGER) throw new TypeError(`${what} is no whole number of 32 bits`);
      return value === 0 ? 0 : value;
    case 'bigint':
      return wholeNumber(value, what);
    case 'boolean':
      if (typeof value !== 'boolean') throw new TypeError(`${what} is boolean, but got a ${typeof value}`);
      return value;
    case 'timestamptz':
      return instant(value, what);
    case 'jsonb':
      return jsonValue(value, what);
    case 'double precision':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError(`${what} is no finite number`);
      return value === 0 ? 0 : value;
  }
};

/**
 * The row as it will be stored, frozen. `before`, in this form already, is what the row was: values taken
 * over from it are not worked on again. Throws TypeError where a value does not fit its column.
 */
export const storedRow = (table: PreparedTable, row: Row, before?: Readonly<Row>): Readonly<Row> => {
  const stored: Row = {};
  for (let i = 0; i < table.columns.length; i += 1) {
    const column = table.columns[i]!;
    const value = row[column];
    stored[column] = value !== undefined && before !== undefined && value === before[column] ? before[column] : columnValue(table.types[i]!, value, `${table.spec.name}.${column}`);
  }
  for (const column of Object.keys(row)) if (!(column in stored)) throw new TypeError(`${table.spec.name} has no column ${column}`);
  for (const column of table.spec.primaryKey) if (stored[column] === null) throw new TypeError(`${table.spec.name}.${column} is part of the primary key and was not given`);
  if (stored['tenant_id'] === '') throw new TypeError(`${table.spec.name}.tenant_id is empty`);
  return Object.freeze(stored);
};

/** What jsonb gives back has its form already. */
const frozenJson = (value: Json): Json => {
  if (typeof value !== 'object' || value === null) return value;
  for (const item of Object.values(value)) frozenJson(item as Json);
  return Object.freeze(value);
};

const fromDriver = (type: ColumnType, value: unknown, what: string): Json => {
  if (type === 'jsonb') return frozenJson(value as Json);
  if (value instanceof Object && typeof (value as Partial<Date>).getTime === 'function') return isoTime((value as Date).getTime());
  return columnValue(type, value as Json, what);
};

/** A row as the driver gives it, in the form of storedRow. */
export const loadedRow = (table: PreparedTable, row: Readonly<Record<string, unknown>>): Readonly<Row> => {
  const loaded: Row = {};
  for (let i = 0; i < table.columns.length; i += 1) {
    const column = table.columns[i]!;
    const value = row[column];
    loaded[column] = fromDriver(table.types[i]!, value, `${table.spec.name}.${column}`);
  }
  return Object.freeze(loaded);
};

/** The values of a primary key in stored form. */
export const storedKey = (table: PreparedTable, key: readonly (string | number)[]): (string | number)[] => {
  if (key.length !== table.keyPlaces.length) throw new TypeError(`the primary key of ${table.spec.name} has ${table.keyPlaces.length} columns; got ${key.length} values`);
  return table.keyPlaces.map((place, i) => {
    const value = columnValue(table.types[place] ?? 'text', key[i], `${table.spec.name}.${table.columns[place] ?? ''}`);
    if (value === null) throw new TypeError(`${table.spec.name}.${table.columns[place] ?? ''} is part of the primary key and was not given`);
    return value as string | number;
  });
};

/** One text per key: equal keys have equal texts. Stored texts never hold a NUL. */
export const keyText = (key: readonly (string | number)[]): string => key.join('\0');
