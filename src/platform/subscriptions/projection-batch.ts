import type { RecordedEvent } from '../../kernel/event.js';
import type { PreparedTable } from './projection-tables.js';
import { prepareTables } from './projection-tables.js';
import { keyText, storedKey, storedRow } from './projection-values.js';
import type { Projection, Row, Rows } from './projection.js';

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

interface Entry {
  readonly key: readonly (string | number)[];
  /** Undefined: there is no such row. */
  row: Readonly<Row> | undefined;
  stored: boolean;
  changed: boolean;
}

/** The rows of one table that a batch touches. */
export class TableRows {
  readonly entries = new Map<string, Entry>();

  constructor(readonly table: PreparedTable) {}

  want(key: readonly (string | number)[]): Entry {
    const stored = storedKey(this.table, key);
    const text = keyText(stored);
    const found = this.entries.get(text);
    if (found !== undefined) return found;
    const entry = { key: stored, row: undefined, stored: false, changed: false };
    this.entries.set(text, entry);
    return entry;
  }

  /** One array per column of the primary key. */
  keyArrays(wanted: (entry: Entry) => boolean = () => true): (string | number)[][] {
    const chosen = [...this.entries.values()].filter(wanted);
    return this.table.keyPlaces.map((_, i) => chosen.map(({ key }) => key[i] ?? ''));
  }

  loaded(row: Readonly<Row>): void {
    const entry = this.entries.get(keyText(this.table.spec.primaryKey.map((column) => row[column] as string | number)));
    if (entry === undefined) return;
    entry.row = row;
    entry.stored = true;
  }

  upserts(): Readonly<Row>[] {
    const rows: Readonly<Row>[] = [];
    for (const { changed, row } of this.entries.values()) if (changed && row !== undefined) rows.push(row);
    return rows;
  }

  deletions(): (string | number)[][] {
    return this.keyArrays(({ changed, row, stored }) => changed && row === undefined && stored);
  }
}

/**
 * The fold of a batch in memory: find the keys, have their rows loaded, apply the events. A
 * projection reaches no other row than those it named for the event, so that it cannot matter how
 * the log is cut into batches.
 */
export class ProjectionBatch {
  readonly tables: readonly TableRows[];
  private readonly byName: ReadonlyMap<string, TableRows>;
  private readonly work: { readonly event: RecordedEvent; readonly allowed: readonly Entry[] }[] = [];

  constructor(readonly prepared: PreparedProjection) {
    this.tables = prepared.tables.map((table) => new TableRows(table));
    this.byName = new Map(this.tables.map((rows) => [rows.table.spec.name, rows]));
  }

  /** Takes an event in; answers the texts of its keys. Throws FoldFailure. */
  add(event: RecordedEvent): readonly string[] {
    try {
      const names: string[] = [];
      const allowed = this.prepared.projection.keys(event).map(({ table, key }) => {
        const entry = this.rowsOf(table).want(key);
        names.push(`${table}\0${keyText(entry.key)}`);
        return entry;
      });
      this.work.push({ event, allowed });
      return names;
    } catch (error) {
      throw new FoldFailure(this.prepared.projection, event, error);
    }
  }

  get isEmpty(): boolean {
    return this.work.length === 0;
  }

  /** Applies what was added, in order, to the rows as they are loaded by now. Throws FoldFailure. */
  apply(): void {
    const { projection } = this.prepared;
    for (const { event, allowed } of this.work) {
      try {
        projection.apply(event, this.view(allowed));
      } catch (error) {
        throw new FoldFailure(projection, event, error);
      }
    }
  }

  private view(allowed: readonly Entry[]): Rows {
    const find = (table: string, key: readonly (string | number)[]): Entry => {
      const rows = this.rowsOf(table);
      const entry = rows.entries.get(keyText(storedKey(rows.table, key)));
      if (entry === undefined || !allowed.includes(entry)) throw new TypeError(`apply reached for a row of ${table} that keys() did not name for this event`);
      return entry;
    };
    return {
      get: (table, key) => find(table, key).row,
      put: (table, row) => {
        const rows = this.rowsOf(table);
        const entry = find(table, rows.table.spec.primaryKey.map((column) => row[column] as string | number));
        entry.row = storedRow(rows.table, row, entry.row);
        entry.changed = true;
      },
      delete: (table, key) => {
        const entry = find(table, key);
        entry.row = undefined;
        entry.changed = true;
      },
    };
  }

  private rowsOf(table: string): TableRows {
    const rows = this.byName.get(table);
    if (rows === undefined) throw new TypeError(`${this.prepared.projection.name} has no table ${table}`);
    return rows;
  }
}
