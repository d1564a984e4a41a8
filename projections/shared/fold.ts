import { msOf } from '../../src/kernel/clock.js';
import type { Row, Rows } from '../../src/platform/subscriptions/projection.js';

/** Changes a row that is there; what is told of one that is not changes nothing. */
export const changeRow = (rows: Rows, table: string, key: readonly (string | number)[], change: (row: Readonly<Row>) => Row): void => {
  const row = rows.get(table, key);
  if (row !== undefined) rows.change(table, key, change(row));
};

/** Milliseconds from one instant to another; never below 0, for the clocks of a switch move in steps. */
export const elapsedMs = (from: unknown, to: unknown): number => (typeof from === 'string' && typeof to === 'string' ? Math.max(0, msOf(to) - msOf(from)) : 0);

/** A number column as a number; null and absent count as 0. */
export const numberOf = (value: unknown): number => (value === null || value === undefined ? 0 : Number(value));
