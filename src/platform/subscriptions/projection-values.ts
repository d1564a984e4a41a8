import { isoTime, msOf } from '../../kernel/clock.js';
import type { Json } from '../../kernel/event.js';
import { jsonValue, NotJson, writable } from './json-values.js';
import type { PreparedTable } from './projection-tables.js';
import type { ColumnType, Row } from './projection.js';

const MAX_INTEGER = 2 ** 31 - 1;
const INTEGER_TEXT = /^-?\d{1,19}$/;
/** So many digits are exact as a number. */
const EXACT_DIGITS = 15;
/** A time that need not be worked on: it has the stored form, and its day is one of every month. */
const STORED_TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

const wrong = ({ spec }: PreparedTable, column: string, why: string): never => {
  throw new TypeError(`${spec.name}.${column} ${why}`);
};

const wholeNumber = (value: Json, table: PreparedTable, column: string): Json => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  if (typeof value !== 'string' || !INTEGER_TEXT.test(value)) return wrong(table, column, 'is no whole number');
  if (value.length <= EXACT_DIGITS) return Number(value) + 0;
  const exact = BigInt(value);
  if (BigInt.asIntN(64, exact) !== exact) return wrong(table, column, 'does not fit 64 bits');
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact.toString();
};

const instant = (value: Json, table: PreparedTable, column: string): string => {
  if (typeof value === 'string' && STORED_TIME.test(value)) return value;
  const ms = typeof value === 'string' ? msOf(value) : Number.NaN;
  return Number.isNaN(ms) ? wrong(table, column, 'is no ISO 8601 time') : isoTime(ms);
};

const json = (value: Json, before: Json | undefined, table: PreparedTable, column: string): Json => {
  try {
    return jsonValue(value, before);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    throw new TypeError(`${table.spec.name}.${column}${error.message}`);
  }
};

/**
 * A value in the one form that it has before and after the database, so that a fold sees the same
 * whether it meets its own row within a batch or in a later one. `before`: what the column held, in
 * that form. Messages never hold the value.
 */
const columnValue = (table: PreparedTable, column: string, type: ColumnType, value: Json | undefined, before?: Json): Json => {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'text':
      return typeof value === 'string' ? writable(value) : wrong(table, column, `is text, but got a ${typeof value}`);
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > MAX_INTEGER) return wrong(table, column, 'is no whole number of 32 bits');
      return value === 0 ? 0 : value;
    case 'bigint':
      return wholeNumber(value, table, column);
    case 'boolean':
      return typeof value === 'boolean' ? value : wrong(table, column, `is boolean, but got a ${typeof value}`);
    case 'timestamptz':
      return instant(value, table, column);
    case 'jsonb':
      return json(value, before, table, column);
    case 'double precision':
      if (typeof value !== 'number' || !Number.isFinite(value)) return wrong(table, column, 'is no finite number');
      return value === 0 ? 0 : value;
  }
};

const typeIn = ({ typeOf, spec }: PreparedTable, column: string): ColumnType => {
  const type = typeOf.get(column);
  if (type === undefined) throw new TypeError(`${spec.name} has no column ${column}`);
  return type;
};

/** The row as it will be stored; columns that are not given are null. Throws TypeError where a value does not fit its column. */
export const storedRow = (table: PreparedTable, row: Row): Row => {
  const { primaryKey } = table.spec;
  const stored: Row = { ...table.blank };
  for (const column in row) stored[column] = columnValue(table, column, typeIn(table, column), row[column]);
  for (const column of primaryKey) if (stored[column] === null) wrong(table, column, 'is part of the primary key and was not given');
  if (stored['tenant_id'] === '') wrong(table, 'tenant_id', 'is empty');
  return stored;
};

/**
 * The stored row with some columns changed; the very same where nothing is. `mine`: the row was made for
 * whoever asks and is in no other hands, so that it is changed itself. Throws TypeError; what was `mine`
 * is of no use then.
 */
export const changedRow = (table: PreparedTable, before: Readonly<Row>, change: Row, mine: boolean): Readonly<Row> => {
  let stored: Row | undefined = mine ? before : undefined;
  for (const column in change) {
    const value = change[column];
    const old = before[column];
    if (value === old && value !== undefined) continue;
    const next = columnValue(table, column, typeIn(table, column), value, old);
    if (next === old) continue;
    if (table.spec.primaryKey.includes(column)) wrong(table, column, 'is part of the primary key and cannot be changed');
    stored ??= { ...before };
    stored[column] = next;
  }
  return stored ?? before;
};

const fromDriver = (table: PreparedTable, column: string, type: ColumnType, value: unknown): Json => {
  // What jsonb gives back has its form already, and a text is what it was made.
  if (type === 'jsonb' || type === 'text') return value as Json;
  if (value instanceof Object && typeof (value as Partial<Date>).getTime === 'function') return isoTime((value as Date).getTime());
  return columnValue(table, column, type, value as Json);
};

/** A row as the driver gives it, in the form of storedRow. */
export const loadedRow = (table: PreparedTable, row: Readonly<Record<string, unknown>>): Readonly<Row> => {
  const loaded: Row = { ...table.blank };
  for (let i = 0; i < table.columns.length; i += 1) {
    const column = table.columns[i]!;
    const value = row[column];
    if (value !== null && value !== undefined) loaded[column] = fromDriver(table, column, table.types[i]!, value);
  }
  return loaded;
};

/** The values of a primary key in stored form. */
export const storedKey = (table: PreparedTable, key: readonly (string | number)[]): (string | number)[] => {
  const { spec, keyPlaces, columns, types } = table;
  if (key.length !== keyPlaces.length) throw new TypeError(`the primary key of ${spec.name} has ${keyPlaces.length} columns; got ${key.length} values`);
  const stored: (string | number)[] = [];
  for (let i = 0; i < keyPlaces.length; i += 1) {
    const place = keyPlaces[i]!;
    const value = columnValue(table, columns[place]!, types[place]!, key[i]);
    if (value === null) wrong(table, columns[place]!, 'is part of the primary key and was not given');
    stored.push(value as string | number);
  }
  return stored;
};

/** The primary key of a stored row. */
export const keyOfRow = ({ spec }: PreparedTable, row: Readonly<Row>): (string | number)[] => spec.primaryKey.map((column) => row[column] as string | number);

/** One text per key: equal keys have equal texts. Stored texts never hold a NUL. */
export const keyText = (key: readonly (string | number)[]): string => key.join('\0');
