import type { RecordedEvent } from '../../kernel/event.js';
import type { PreparedTable } from './projection-tables.js';
import { prepareTables } from './projection-tables.js';
import { changedRow, keyOfRow, keyText, storedKey, storedRow } from './projection-values.js';
import type { Projection, Row, RowKey, Rows } from './projection.js';

export interface PreparedProjection {
  readonly projection: Projection;
  readonly types: ReadonlySet<string>;
  readonly tables: readonly PreparedTable[];
  readonly byName: ReadonlyMap<string, PreparedTable>;
}

/** Throws TypeError where the tables' declarations break the rules. */
export const prepareProjection = (projection: Projection): PreparedProjection => {
  const tables = prepareTables(projection);
  return { projection, types: new Set(projection.eventTypes), tables, byName: new Map(tables.map((table) => [table.spec.name, table])) };
};

/** The name under which a version's parked events and alarms stand. */
export const versionName = ({ name, version }: Projection): string => `${name} v${version}`;

/** The fold of one projection threw on one event. */
export class FoldFailure extends Error {
  override readonly name = 'FoldFailure';
  constructor(
    readonly projection: Projection,
    readonly event: RecordedEvent,
    cause: unknown,
  ) {
    super(`${versionName(projection)} failed on ${event.type} at position ${event.position}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A row that somebody works on: what it is, and what of it is in the database. */
export interface Entry {
  readonly table: PreparedTable;
  readonly key: readonly (string | number)[];
  /** Undefined: there is no such row. */
  row: Readonly<Row> | undefined;
  /** Whether the database has a row of this key. */
  stored: boolean;
  changed: boolean;
}

/** The rows of one table that are in hand. */
export class TableRows {
  private inHand: Map<string, Entry> = new Map<string, Entry>();

  constructor(readonly table: PreparedTable) {}

  /** By the text of their keys. */
  get entries(): ReadonlyMap<string, Entry> {
    return this.inHand;
  }

  want(key: readonly (string | number)[]): Entry {
    // Nearly every key is given as it is stored.
    const given = keyText(key);
    const known = this.inHand.get(given);
    if (known !== undefined) return known;
    const stored = storedKey(this.table, key);
    const text = keyText(stored);
    const found = text === given ? undefined : this.inHand.get(text);
    if (found !== undefined) return found;
    const entry = this.enter(stored, text);
    this.inHand.set(text, entry);
    return entry;
  }

  find(key: readonly (string | number)[]): Entry | undefined {
    return this.entries.get(keyText(storedKey(this.table, key)));
  }

  /** One array per column of the primary key. */
  keyArrays(wanted: (entry: Entry) => boolean = () => true): (string | number)[][] {
    const chosen = [...this.entries.values()].filter(wanted);
    return this.table.keyPlaces.map((_, i) => chosen.map(({ key }) => key[i] ?? ''));
  }

  loaded(row: Readonly<Row>): void {
    const entry = this.entries.get(keyText(keyOfRow(this.table, row)));
    if (entry === undefined) return;
    entry.row = row;
    entry.stored = true;
  }

  /** Rows to be written; `which`: those only that are in the database, or that are not. */
  upserts(which?: 'stored' | 'new'): Readonly<Row>[] {
    const rows: Readonly<Row>[] = [];
    for (const { changed, row, stored } of this.entries.values()) if (changed && row !== undefined && (which === undefined || stored === (which === 'stored'))) rows.push(row);
    return rows;
  }

  deletions(): (string | number)[][] {
    return this.keyArrays(({ changed, row, stored }) => changed && row === undefined && stored);
  }

  /** Gives all out of hand. */
  protected takeAll(): Map<string, Entry> {
    const all = this.inHand;
    this.inHand = new Map();
    return all;
  }

  protected enter(key: readonly (string | number)[], _text: string): Entry {
    return { table: this.table, key, row: undefined, stored: false, changed: false };
  }
}

const sameKey = (a: readonly (string | number)[], b: readonly (string | number)[]): boolean => {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return a.length === b.length;
};

/** An event with the rows that its projection named. */
interface Task {
  readonly event: RecordedEvent;
  readonly keys: readonly RowKey[];
  /** In the order of `keys`. */
  readonly entries: readonly Entry[];
}

/** The rows as `apply` sees them: those of one event, which is set before each. */
class RowsOfEvent implements Rows {
  task: Task | undefined;

  constructor(private readonly rowsOf: (table: string) => TableRows) {}

  get(table: string, key: readonly (string | number)[]): Readonly<Row> | undefined {
    return this.find(table, key).row;
  }

  put(table: string, row: Row): void {
    const prepared = this.rowsOf(table).table;
    const entry = this.find(table, keyOfRow(prepared, row));
    entry.row = storedRow(prepared, row);
    entry.changed = true;
  }

  change(table: string, key: readonly (string | number)[], columns: Row): void {
    const entry = this.find(table, key);
    if (entry.row === undefined) return;
    // What was changed since it was loaded is a copy already, and nobody else has it.
    const row = changedRow(entry.table, entry.row, columns, entry.changed);
    if (row === entry.row) return;
    entry.row = row;
    entry.changed = true;
  }

  delete(table: string, key: readonly (string | number)[]): void {
    const entry = this.find(table, key);
    entry.row = undefined;
    entry.changed = true;
  }

  private find(table: string, key: readonly (string | number)[]): Entry {
    const { keys = [], entries = [] } = this.task ?? {};
    for (let i = 0; i < keys.length; i += 1) if (keys[i]!.table === table && sameKey(keys[i]!.key, key)) return entries[i]!;
    // Keys that look different may be the same once stored.
    const entry = this.rowsOf(table).find(key);
    if (entry === undefined || !entries.includes(entry)) throw new TypeError(`apply reached for a row of ${table} that keys() did not name for this event`);
    return entry;
  }
}

/**
 * The fold of a batch in memory: find the keys, have their rows loaded, apply the events. A
 * projection reaches no other row than those it named for the event, so that it cannot matter how
 * the log is cut into batches.
 */
export class ProjectionBatch {
  private readonly byName: ReadonlyMap<string, TableRows>;
  private readonly work: Task[] = [];

  /** `tables`: the rows in hand, in the order of the projection's tables, where they outlive the batch. */
  constructor(
    readonly prepared: PreparedProjection,
    readonly tables: readonly TableRows[] = prepared.tables.map((table) => new TableRows(table)),
  ) {
    this.byName = new Map(tables.map((rows) => [rows.table.spec.name, rows]));
  }

  /** Takes an event in. Throws FoldFailure. */
  add(event: RecordedEvent): void {
    try {
      const keys = this.prepared.projection.keys(event);
      const entries: Entry[] = [];
      for (const { table, key } of keys) entries.push(this.rowsOf(table).want(key));
      this.work.push({ event, keys, entries });
    } catch (error) {
      throw new FoldFailure(this.prepared.projection, event, error);
    }
  }

  get isEmpty(): boolean {
    return this.work.length === 0;
  }

  /** Names of all rows that were named so far. */
  rowNames(): string[] {
    return this.work.flatMap(({ entries }) => entries.map(({ table, key }) => `${table.spec.name}\0${keyText(key)}`));
  }

  /** Applies what was added, in order, to the rows as they are loaded by now. Throws FoldFailure. */
  apply(): void {
    const { projection } = this.prepared;
    const rows = new RowsOfEvent((table) => this.rowsOf(table));
    for (const task of this.work) {
      rows.task = task;
      try {
        projection.apply(task.event, rows);
      } catch (error) {
        throw new FoldFailure(projection, task.event, error);
      }
    }
  }

  private rowsOf(table: string): TableRows {
    const rows = this.byName.get(table);
    if (rows === undefined) throw new TypeError(`${this.prepared.projection.name} has no table ${table}`);
    return rows;
  }
}
