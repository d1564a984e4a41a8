import pg from 'pg';

export interface StatementCount {
  readonly count: number;
  /** From sending to the answer, queueing in the connection included, ms. */
  readonly ms: number;
}

const counts = new Map<string, { count: number; ms: number }>();
let counting = false;

const nameOf = (query: unknown): string => {
  const { name, text } = typeof query === 'string' ? { name: undefined, text: query } : (query as { name?: string; text: string });
  return name ?? text.replace(/\s+/g, ' ').replace(/_v\d+\b/g, '').slice(0, 70);
};

/** Counts the statements that this process sends to PostgreSQL, by name or beginning. */
export const countStatements = (): void => {
  if (counting) return;
  counting = true;
  const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
  const original = prototype.query;
  prototype.query = function query(this: unknown, ...args: unknown[]): unknown {
    const entry = counts.get(nameOf(args[0])) ?? { count: 0, ms: 0 };
    counts.set(nameOf(args[0]), entry);
    entry.count += 1;
    const started = performance.now();
    const result = original.apply(this, args);
    if (result instanceof Promise) {
      const note = (): void => {
        entry.ms += performance.now() - started;
      };
      result.then(note, note);
    }
    return result;
  };
};

/** What was counted since the last call. */
export const takeCounts = (): Map<string, StatementCount> => {
  const taken = new Map(counts);
  counts.clear();
  return taken;
};
