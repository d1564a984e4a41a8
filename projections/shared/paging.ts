import { msOf } from '../../src/kernel/clock.js';
import { HttpProblem } from '../../src/platform/http/problem.js';
import { type CursorValue, decodeCursor, encodeCursor, type Page } from '../../src/platform/http/pages.js';

export type CursorKind = 'text' | 'instant' | 'integer';

const fits = (value: CursorValue | undefined, kind: CursorKind): boolean => {
  if (kind === 'integer') return Number.isSafeInteger(value);
  return typeof value === 'string' && (kind === 'text' || !Number.isNaN(msOf(value)));
};

/** The sort key that a cursor of this list holds; undefined for the first page. Throws HttpProblem 422 for any other. */
export const cursorKey = (list: string, cursor: string | undefined, kinds: readonly CursorKind[]): readonly CursorValue[] | undefined => {
  const values = decodeCursor(list, cursor);
  if (values !== undefined && (values.length !== kinds.length || kinds.some((kind, i) => !fits(values[i], kind)))) {
    throw new HttpProblem(422, 'invalid-cursor', 'the cursor is not one of this list; take `next` of the page before as it is, or leave it out for the first page');
  }
  return values;
};

/** A page of what was asked for with a limit of one more than `limit`. */
export const pageFrom = <T>(list: string, found: readonly T[], limit: number, keyOf: (item: T) => readonly CursorValue[]): Page<T> => {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? encodeCursor(list, keyOf(last)) : null };
};
