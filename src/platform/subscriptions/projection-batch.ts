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
  readonly rows: TableRows;
  readonly key: readonly (string | number)[];
  /** Undefined: there is no such row. */
  row: Readonly<Row> | undefined;
  /** Whether the database has a row of this key; true also where it may have one. */
  stored: boolean;
  /** Since it was last written; nobody else has the row then. */
  changed: boolean;
  /** See RowKey.before: it is to be put before anybody looks at it. */
  promised: boolean;
}

/** The rows of one table that are in hand. */
export class TableRows {
  /** What differs from the database. */
  readonly changes: Entry[] = [];
  /** In hand for longer, and not touched lately. */
  protected resting = new Map<string, Entry>();
  private inHand = new Map<string, Entry>();
  private unloaded: Entry[] = [];

  constructor(readonly table: PreparedTable) {}

  /** By the text of their keys. */
  get entries(): ReadonlyMap<string, Entry> {
    return this.inHand;
  }

  want(key: readonly (string | number)[], before?: RowKey['before']): Entry {
    // Nearly every key is given as it is stored.
    const given = keyText(key);
    const known = this.inHand.get(given);
    if (known !== undefined) return known;
    const stored = storedKey(this.table, key);
    const text = keyText(stored);
    const found = text === given ? undefined : this.inHand.get(text);
    if (found !== undefined) return found;
    const entry = this.rested(text) ?? this.enter(stored, text, before);
    this.inHand.set(text, entry);
    return entry;
  }

  find(key: readonly (string | number)[]): Entry | undefined {
    return this.inHand.get(keyText(storedKey(this.table, key)));
  }

  /** What has to be loaded before anybody works on it; asked once. */
  takeUnloaded(): readonly Entry[] {
    if (this.unloaded.length === 0) return this.unloaded;
    const entries = this.unloaded;
    this.unloaded = [];
    return entries;
  }

  /** One array per column of the primary key. */
  keyArrays(entries: readonly Entry[]): (string | number)[][] {
    return this.table.keyPlaces.map((_, i) => entries.map(({ key }) => key[i] ?? ''));
  }

  loaded(row: Readonly<Row>): void {
    const entry = this.inHand.get(keyText(keyOfRow(this.table, row)));
    if (entry === undefined) return;
    entry.row = row;
    entry.stored = true;
  }

  change(entry: Entry, row: Readonly<Row> | undefined): void {
    entry.row = row;
    entry.promised = false;
    if (entry.changed) return;
    entry.changed = true;
    this.changes.push(entry);
  }

  /** Rows to be written; `which`: those only that may be in the database, or that are not. */
  upserts(which?: 'stored' | 'new'): Readonly<Row>[] {
    const rows: Readonly<Row>[] = [];
    for (const { row, stored } of this.changes) if (row !== undefined && (which === undefined || stored === (which === 'stored'))) rows.push(row);
    return rows;
  }

  deletions(): (string | number)[][] {
    return this.keyArrays(this.changes.filter(({ row, stored }) => row === undefined && stored));
  }

  /** Gives all out of hand. */
  protected takeAll(): Map<string, Entry> {
    const all = this.inHand;
    this.inHand = new Map();
    return all;
  }

  protected enter(key: readonly (string | number)[], _text: string, before: RowKey['before']): Entry {
    const entry = { rows: this, key, row: undefined, stored: before === 'anything', changed: false, promised: before === 'anything' };
    if (before === undefined) this.unloaded.push(entry);
    return entry;
  }

  private rested(text: string): Entry | undefined {
    if (this.resting.size === 0) return undefined;
    const entry = this.resting.get(text);
    if (entry !== undefined) this.resting.delete(text);
    return entry;
  }
}

/** Rows of one table that are kept from one batch to the next, from when somebody touches them, as long as there is room. */
const KEPT_ROWS = 10_000;

/**
 * Rows that are known from earlier batches and need not be loaded again. Right only while nobody else
 * writes to the table, which the checkpoint tells that each batch moves; where a batch was not written,
 * or something else was, they are forgotten.
 */
export class KeptRows extends TableRows {
  constructor(
    table: PreparedTable,
    private readonly most = KEPT_ROWS,
  ) {
    super(table);
  }

  /** What was folded is in the database now. */
  written(): void {
    for (const entry of this.changes) {
      entry.changed = false;
      entry.stored = entry.row !== undefined;
    }
    this.changes.length = 0;
    if (this.entries.size >= this.most / 2) this.resting = this.takeAll();
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
    const entry = this.find(table, key);
    if (entry.promised) throw new TypeError(`apply asked for a row of ${table} that keys() said it would put`);
    return entry.row;
  }

  put(table: string, row: Row): void {
    const rows = this.rowsOf(table);
    rows.change(this.find(table, keyOfRow(rows.table, row)), storedRow(rows.table, row));
  }

  change(table: string, key: readonly (string | number)[], columns: Row): void {
    const entry = this.find(table, key);
    if (entry.promised) throw new TypeError(`apply asked for a row of ${table} that keys() said it would put`);
    if (entry.row === undefined) return;
    // What was changed since it was last written is a copy already, and nobody else has it.
    const row = changedRow(entry.rows.table, entry.row, columns, entry.changed);
    if (row !== entry.row) entry.rows.change(entry, row);
  }

  delete(table: string, key: readonly (string | number)[]): void {
    const entry = this.find(table, key);
    entry.rows.change(entry, undefined);
  }

  /** Throws where a row was not put that was to be. */
  assertPut(): void {
    for (const { promised, rows } of this.task?.entries ?? []) if (promised) throw new TypeError(`apply did not put the row of ${rows.table.spec.name} that keys() said it would`);
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
  private readonly rows = new RowsOfEvent((table) => this.rowsOf(table));
  private applied = 0;

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
      for (const { table, key, before } of keys) entries.push(this.rowsOf(table).want(key, before));
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
    return this.work.flatMap(({ entries }) => entries.map(({ rows, key }) => `${rows.table.spec.name}\0${keyText(key)}`));
  }

  /** Applies what was added, in order, to the rows as they are loaded by now. Throws FoldFailure. */
  apply(): void {
    while (this.applySome(this.work.length));
  }

  /** Applies the next events, `most` at most; answers whether there are more. Throws FoldFailure. */
  applySome(most: number): boolean {
    const { projection } = this.prepared;
    const end = Math.min(this.work.length, this.applied + most);
    while (this.applied < end) {
      const task = this.work[this.applied]!;
      this.applied += 1;
      this.rows.task = task;
      try {
        projection.apply(task.event, this.rows);
        this.rows.assertPut();
      } catch (error) {
        throw new FoldFailure(projection, task.event, error);
      }
    }
    return this.applied < this.work.length;
  }

  private rowsOf(table: string): TableRows {
    const rows = this.byName.get(table);
    if (rows === undefined) throw new TypeError(`${this.prepared.projection.name} has no table ${table}`);
    return rows;
  }
}
