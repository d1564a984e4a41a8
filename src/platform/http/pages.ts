import { HttpProblem } from './problem.js';

/** A part of a list, and where the next part begins: null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** Of what can be retired: only those in service, only those retired, or (undefined) all. */
export interface StatusFilter {
  readonly status: 'active' | 'retired' | undefined;
}

export type CursorValue = string | number | null;

/** Opaque to the client: the sort key of the last item, marked with the list that it belongs to. */
export const encodeCursor = (list: string, values: readonly CursorValue[]): string => Buffer.from(JSON.stringify([list, ...values])).toString('base64url');

/** The sort key in a cursor; undefined for the first page. Throws HttpProblem 422 for what is no cursor of this list. */
export const decodeCursor = (list: string, cursor: string | undefined): readonly CursorValue[] | undefined => {
  if (cursor === undefined) return undefined;
  try {
    const [of, ...values] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (of === list && values.every((value) => value === null || typeof value === 'string' || typeof value === 'number')) return values as CursorValue[];
  } catch {
    // Answered below.
  }
  throw new HttpProblem(422, 'invalid-cursor', 'the cursor is not one of this list; take `next` of the page before as it is, or leave it out for the first page');
};

/** A page of a list that is in memory and ordered by `keyOf`. */
export const pageOf = <T>(list: string, all: readonly T[], keyOf: (item: T) => string, { limit, cursor }: PageRequest): Page<T> => {
  const [last] = decodeCursor(list, cursor) ?? [];
  const rest = [...all].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).filter((item) => last === undefined || keyOf(item) > String(last));
  const items = rest.slice(0, limit);
  const end = items.at(-1);
  return { items, next: rest.length > limit && end !== undefined ? encodeCursor(list, [keyOf(end)]) : null };
};
