import { mapInParallel } from '../../kernel/parallel.js';
import type { Database, Queryable, Transaction, TransactionOptions } from '../postgres/database.js';
import { type Entry, type PreparedProjection, type ProjectionBatch, TableRows } from './projection-batch.js';
import { KeySet } from './key-set.js';
import { deleteRowsSql, loadRowsSql, type PreparedTable, upsertRowsSql } from './projection-tables.js';
import { copyRows, WRITING_ROWS } from './projection-store.js';
import { loadedRow } from './projection-values.js';
import type { Row, RowKey } from './projection.js';

/** Rows that may be in hand before those are written that nobody has touched for longest. */
const ROWS_IN_HAND = 40_000;

/** However long it takes. */
const ALONE: TransactionOptions = { ...WRITING_ROWS, statementTimeoutMs: 0 };

export interface FreshTablesOptions {
  /** Somebody has written rows to them before. */
  readonly begun?: boolean;
  /** Most rows in memory, but for those of one batch. Default 40,000; the tables are the same with any. */
  readonly rowsInHand?: number | undefined;
}

/** What has to be done to a table, so that the database has what was folded. */
interface Due {
  readonly table: PreparedTable;
  readonly inserts: Readonly<Row>[];
  readonly upserts: Readonly<Row>[];
  readonly deletions: (string | number)[][];
}

/** Rows of a table that nobody else writes to: kept in hand while they change, written when they rest. */
class FreshRows extends TableRows {
  private readonly written = new KeySet();

  constructor(
    table: PreparedTable,
    private readonly begun: boolean,
  ) {
    super(table);
  }

  override change(entry: Entry, row: Readonly<Row> | undefined): void {
    entry.row = row;
    entry.promised = false;
    entry.changed = true;
  }

  protected override enter(key: readonly (string | number)[], text: string, before: RowKey['before']): Entry {
    return super.enter(key, text, this.begun || this.written.mayHave(text) ? before : 'nothing');
  }

  /** Lets go of the rows that nobody touched since the last call. */
  rest(): Due {
    const due = this.dueOf([this.resting]);
    this.resting = this.takeAll();
    return due;
  }

  /** Lets go of all rows. */
  end(): Due {
    const due = this.dueOf([this.resting, this.takeAll()]);
    this.resting.clear();
    return due;
  }

  private dueOf(parts: readonly ReadonlyMap<string, Entry>[]): Due {
    const { table } = this;
    const due: Due = { table, inserts: [], upserts: [], deletions: table.keyPlaces.map(() => []) };
    for (const rows of parts) {
      rows.forEach(({ key, row, stored, changed }, text) => {
        if (!changed) return;
        if (row !== undefined) {
          this.written.add(text);
          (stored ? due.upserts : due.inserts).push(row);
        } else if (stored) due.deletions.forEach((values, i) => values.push(key[i] ?? ''));
      });
    }
    return due;
  }
}

/**
 * Tables that are being built by one writer from the beginning of the log. What is folded stays in
 * memory while it changes and is written about once, in large parts, while more is being folded; memory
 * does not grow with the log.
 */
export class FreshTables {
  private readonly rows: ReadonlyMap<PreparedProjection, readonly FreshRows[]>;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly schema: string,
    projections: readonly PreparedProjection[],
    private readonly options: FreshTablesOptions = {},
  ) {
    this.rows = new Map(projections.map((prepared) => [prepared, prepared.tables.map((table) => new FreshRows(table, options.begun === true))]));
  }

  /** The rows that batches of this projection work on. */
  of(prepared: PreparedProjection): readonly TableRows[] {
    return this.rows.get(prepared) ?? [];
  }

  /** Throws FoldFailure, and what an earlier part could not be written for. */
  async fold(batches: readonly ProjectionBatch[], within?: Transaction): Promise<void> {
    await this.load(within);
    for (const batch of batches) batch.apply();
    // As many again rest since the last time.
    if (this.all().reduce((sum, rows) => sum + rows.entries.size, 0) < (this.options.rowsInHand ?? ROWS_IN_HAND) / 2) return;
    await this.writing;
    this.begin(this.all().map((rows) => rows.rest()), within);
  }

  /** Writes all that is in hand. */
  async finish(within?: Transaction): Promise<void> {
    await this.writing;
    const due = this.all().map((rows) => rows.end());
    if (within !== undefined) return this.write(within, due);
    // Nothing is read or folded beside it any more, so that the server has a core for each of two.
    await mapInParallel(due, 2, (one) => this.database.transaction((tx) => this.write(tx, [one]), ALONE));
  }

  private all(): FreshRows[] {
    return [...this.rows.values()].flat();
  }

  private async load(within?: Queryable): Promise<void> {
    for (const rows of this.all()) {
      const entries = rows.takeUnloaded();
      if (entries.length === 0) continue;
      await this.writing;
      const found = await (within ?? this.database).query(loadRowsSql(this.schema, rows.table), rows.keyArrays(entries));
      for (const row of found.rows) rows.loaded(loadedRow(rows.table, row));
    }
  }

  private begin(due: readonly Due[], within: Transaction | undefined): void {
    this.writing = within === undefined ? this.database.transaction((tx) => this.write(tx, due), ALONE) : this.write(within, due);
    // Whoever folds on hears of a failure.
    this.writing.catch(() => undefined);
  }

  private async write(tx: Transaction, due: readonly Due[]): Promise<void> {
    for (const { table, inserts, upserts, deletions } of due) {
      if ((deletions[0]?.length ?? 0) > 0) await tx.query(deleteRowsSql(this.schema, table), deletions);
      if (upserts.length > 0) await tx.query(upsertRowsSql(this.schema, table), [JSON.stringify(upserts)]);
      if (inserts.length > 0) await copyRows(tx, this.schema, table, inserts);
    }
  }
}
