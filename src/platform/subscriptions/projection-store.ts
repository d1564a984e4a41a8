import { COPY_NULL, copyText } from '../postgres/copy-in.js';
import type { Database, Queryable, Transaction, TransactionOptions } from '../postgres/database.js';
import type { Json } from '../../kernel/event.js';
import { turn } from '../time/turn.js';
import { assertLeaseCurrent } from '../postgres/leases.js';
import type { LeaseToken } from './leases.port.js';
import type { PreparedProjection, ProjectionBatch } from './projection-batch.js';
import { copyRowsSql, createIndexesSql, createTableSql, createViewSql, deleteRowsSql, loadRowsSql, type PreparedTable, qualified, upsertRowsSql } from './projection-tables.js';
import { loadedRow } from './projection-values.js';
import { physicalTable, projectionLease, type ColumnType, type Row } from './projection.js';
import { unpark } from '../postgres/parked-events.js';
import { type ProjectionState, type ReadModelStore, type ReadModelWrite, Superseded } from './read-model-store.port.js';
import { despiteDeadlocks } from './retry.js';

export { type ProjectionState, Superseded } from './read-model-store.port.js';

/** A version that nobody has kept for so long is not between two processes of the same program any more, ms. */
const LEFT_FOR_MS = 10_000;

const STATES = `SELECT p.name, p.version, p.position, p.log_id, p.generation, a.version IS NOT NULL AS active
  FROM trunkline_projections p LEFT JOIN trunkline_projection_active a ON a.name = p.name AND a.version = p.version`;

const MOVE = `UPDATE trunkline_projections p SET position = $5, saved_at = now()
  FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) AS k(name, version, position, generation)
  WHERE p.name = k.name AND p.version = k.version AND p.position = k.position AND p.generation = k.generation AND p.log_id = $6`;
/** The lease's row is locked until the commit: nobody takes it over in between. */
const MOVE_UNDER_LEASE = `WITH held AS (SELECT 1 FROM trunkline_leases WHERE name = $7 AND epoch = $8 FOR KEY SHARE) ${MOVE} AND EXISTS (SELECT 1 FROM held)`;

const SUPERSEDED = 'somebody else has moved a checkpoint of these projections';

/**
 * For transactions that write rows and checkpoint. Their commit need not wait for the disk: what a crash
 * takes away it takes away whole, the checkpoint tells, and the log has it still.
 */
export const WRITING_ROWS: TransactionOptions = { settings: { synchronous_commit: 'off' } };

interface StateRow {
  name: string;
  version: number;
  position: string;
  log_id: string;
  generation: string;
  active: boolean;
}

/** Read models' tables, their checkpoints, and which version queries see. */
export class ProjectionStore implements ReadModelStore {
  constructor(
    readonly database: Database,
    /** Where the tables and views are. */
    readonly schema = 'public',
  ) {}

  async ensure(prepared: PreparedProjection, logId: string): Promise<ProjectionState> {
    const { name, version } = prepared.projection;
    return this.database.transaction(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 7461502))', ['projections']);
      const [known] = await this.states(tx, [name], version);
      if (known !== undefined) return known;
      for (const table of prepared.tables) await tx.query(`${createTableSql(this.schema, table)}\n${createIndexesSql(this.schema, table)}`);
      await tx.query('INSERT INTO trunkline_projections (name, version, log_id) VALUES ($1, $2, $3)', [name, version, logId]);
      const { rowCount } = await tx.query('SELECT 1 FROM trunkline_projection_active WHERE name = $1', [name]);
      if (rowCount === 0) await this.show(tx, prepared);
      return { name, version, position: 0n, logId, generation: 1n, active: rowCount === 0 };
    });
  }

  /** The states of these projections' versions, those of all projections if no names are given. */
  async states(tx: Queryable = this.database, names?: readonly string[], version?: number): Promise<ProjectionState[]> {
    const { rows } = await tx.query<StateRow>(`${STATES} WHERE ($1::text[] IS NULL OR p.name = ANY ($1)) AND ($2::int IS NULL OR p.version = $2) ORDER BY p.name, p.version`, [names ?? null, version ?? null]);
    return rows.map((row) => ({ name: row.name, version: row.version, position: BigInt(row.position), logId: row.log_id, generation: BigInt(row.generation), active: row.active }));
  }

  statesOf(names: readonly string[]): Promise<ProjectionState[]> {
    return this.states(this.database, names);
  }

  async write(write: ReadModelWrite): Promise<void> {
    const { states, upTo, logId, lease, batches, unparked } = write;
    const [state, ...otherStates] = states;
    const [batch, ...otherBatches] = batches;
    if (state !== undefined && batch !== undefined && otherStates.length + otherBatches.length === 0 && unparked === undefined) {
      // What it looks up nobody can have changed, if the checkpoint is where it was when it is moved.
      await foldBatch(this.database, this.schema, batch);
      if (isSmall(batch)) return this.writeAtOnce(state, upTo, logId, lease, batch);
    }
    await this.database.transaction(async (tx) => {
      // Tables before checkpoints, in the order of a rebuild, which would else wait for us while we wait for it.
      await tx.query(`LOCK TABLE ${batches.flatMap((each) => each.prepared.tables.map(({ physical }) => qualified(this.schema, physical))).join(', ')} IN ROW EXCLUSIVE MODE`);
      await this.move(tx, states, upTo, logId, lease);
      for (const each of batches) await foldInto(tx, this.schema, each);
      if (unparked !== undefined) await unpark(tx, unparked.runner, unparked.position);
    }, WRITING_ROWS);
  }

  /** The checkpoint's move and all rows in one statement, which is a transaction of its own. */
  private async writeAtOnce(state: ProjectionState, upTo: bigint, logId: string, lease: LeaseToken | undefined, batch: ProjectionBatch): Promise<void> {
    const { name, version, position, generation } = state;
    const { sql, values, statement } = writeAtOnceSql(this.schema, batch, lease !== undefined);
    const { rows } = await this.database.query<{ moved: number }>(sql, [name, version, position.toString(), generation.toString(), upTo.toString(), logId, ...(lease === undefined ? [] : [lease.name, lease.epoch]), ...values], statement);
    if (rows[0]?.moved === 1) return;
    if (lease !== undefined) await assertLeaseCurrent(this.database, lease);
    throw new Superseded(SUPERSEDED);
  }

  async tryOut(batch: ProjectionBatch): Promise<void> {
    const enough = new Error('only tried');
    await this.database
      .transaction(async (tx) => {
        await foldInto(tx, this.schema, batch);
        throw enough;
      })
      .catch((error: unknown) => {
        if (error !== enough) throw error;
      });
  }

  /** Position of the version that queries see; undefined where there is none. */
  async position(name: string): Promise<bigint | undefined> {
    return (await this.states(this.database, [name])).find(({ active }) => active)?.position;
  }

  async activate(prepared: PreparedProjection): Promise<boolean> {
    const { name, version } = prepared.projection;
    return despiteDeadlocks(() =>
      this.database.transaction(async (tx) => {
        const { rows } = await tx.query<{ version: number }>('SELECT version FROM trunkline_projection_active WHERE name = $1 FOR UPDATE', [name]);
        const shown = rows[0]?.version ?? 0;
        if (shown > version && !(await this.isLeft(tx, name, shown))) return false;
        if (shown !== version) await this.show(tx, prepared);
        return true;
      }),
    );
  }

  /** Whether somebody kept the version and nobody does any more: its program was taken back. */
  private async isLeft(tx: Queryable, name: string, version: number): Promise<boolean> {
    const { rowCount } = await tx.query(`SELECT 1 FROM trunkline_leases WHERE name = $1 AND expires_at < clock_timestamp() - $2 * interval '1 millisecond'`, [projectionLease({ name, version }), LEFT_FOR_MS]);
    return rowCount === 1;
  }

  /** Within a transaction: the views, and the note of which version they show. */
  async show(tx: Queryable, { projection, tables }: PreparedProjection): Promise<void> {
    await tx.query(tables.map((table) => createViewSql(this.schema, table)).join('\n'));
    await tx.query(
      'INSERT INTO trunkline_projection_active (name, version) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET version = excluded.version, since = now()',
      [projection.name, projection.version],
    );
  }

  /**
   * Drops the tables of versions older than the visible one; returns what was dropped. `tableNames`:
   * all that any of the versions ever had. Not to be called while an older program still runs them.
   */
  async dropOldVersions(name: string, tableNames: readonly string[]): Promise<number[]> {
    return this.database.transaction(async (tx) => {
      const states = await this.states(tx, [name]);
      const active = states.find((state) => state.active)?.version ?? 0;
      const old = states.filter(({ version }) => version < active).map(({ version }) => version);
      for (const version of old) {
        for (const table of tableNames) await tx.query(`DROP TABLE IF EXISTS ${qualified(this.schema, physicalTable(table, version))}`);
        await tx.query('DELETE FROM trunkline_projections WHERE name = $1 AND version = $2', [name, version]);
      }
      return old;
    });
  }

  /** First statement of a batch's transaction: moves the checkpoints. Throws Superseded, LeaseLost. */
  async move(tx: Queryable, states: readonly ProjectionState[], upTo: bigint, logId: string, lease: LeaseToken | undefined): Promise<void> {
    const values = [
      states.map(({ name }) => name),
      states.map(({ version }) => version),
      states.map(({ position }) => position.toString()),
      states.map(({ generation }) => generation.toString()),
      upTo.toString(),
      logId,
    ];
    const { rowCount } = lease === undefined ? await tx.query(MOVE, values, 'projections_move') : await tx.query(MOVE_UNDER_LEASE, [...values, lease.name, lease.epoch], 'projections_move_under_lease');
    if (rowCount === states.length) return;
    if (lease !== undefined) await assertLeaseCurrent(tx, lease);
    throw new Superseded(SUPERSEDED);
  }
}

/** From so many new rows on, a statement of their own is cheaper than to have them looked up. */
const WORTH_A_COPY = 40;

/** Events that are folded in one turn of the event loop, which others wait for. */
const EVENTS_A_TURN = 50;

/** Loads what the batch needs and has not in hand, and folds it. Throws FoldFailure. */
const foldBatch = async (database: Queryable, schema: string, batch: ProjectionBatch): Promise<void> => {
  for (const rows of batch.tables) {
    const unloaded = rows.takeUnloaded();
    if (unloaded.length === 0) continue;
    const found = await database.query(loadRowsSql(schema, rows.table), rows.keyArrays(unloaded));
    for (const row of found.rows) rows.loaded(loadedRow(rows.table, row));
  }
  while (batch.applySome(EVENTS_A_TURN)) await turn();
};

/** Folds the batch, where it is not yet, and writes it: at most four statements per table. Nobody else may write to the tables meanwhile. Throws FoldFailure. */
export const foldInto = async (tx: Transaction, schema: string, batch: ProjectionBatch): Promise<void> => {
  if (batch.isEmpty) return;
  await foldBatch(tx, schema, batch);
  for (const rows of batch.tables) {
    if (rows.changes.length === 0) continue;
    const added = rows.upserts('new');
    const copied = added.length >= WORTH_A_COPY;
    if (copied) await copyRows(tx, schema, rows.table, added);
    const upserts = rows.upserts(copied ? 'stored' : undefined);
    if (upserts.length > 0) await tx.query(upsertRowsSql(schema, rows.table), [JSON.stringify(upserts)], planOnce(schema, 'upsert', rows.table));
    const deletions = rows.deletions();
    if ((deletions[0]?.length ?? 0) > 0) await tx.query(deleteRowsSql(schema, rows.table), deletions);
  }
};

/** Rows of a table that one statement takes in with others; more are worth statements of their own. */
const ROWS_AT_ONCE = 250;

const isSmall = (batch: ProjectionBatch): boolean => batch.tables.every(({ changes }) => changes.length <= ROWS_AT_ONCE);

/**
 * Moves a projection's checkpoint ($1 to $6, the lease $7 and $8) and, only if it is where it is said to
 * be, writes the rows; answers how many checkpoints moved. It commits without waiting for the disk, see
 * WRITING_ROWS. Tables come in the order in which a rebuild locks them.
 */
const writeAtOnceSql = (schema: string, batch: ProjectionBatch, leased: boolean): { readonly sql: string; readonly values: readonly unknown[]; readonly statement: string | undefined } => {
  const first = leased ? 9 : 7;
  const parts: string[] = [];
  const values: unknown[] = [];
  let written = '';
  let deletes = false;
  for (const [i, rows] of batch.tables.entries()) {
    const upserts = rows.upserts();
    const deletions = rows.deletions();
    if (upserts.length > 0) {
      parts.push(`w${i} AS (${upsertRowsSql(schema, rows.table, first + values.length, 'EXISTS (SELECT 1 FROM moved)')})`);
      values.push(JSON.stringify(upserts));
      written += `_${i}`;
    }
    if ((deletions[0]?.length ?? 0) > 0) {
      parts.push(`d${i} AS (${deleteRowsSql(schema, rows.table, first + values.length)} AND EXISTS (SELECT 1 FROM moved))`);
      values.push(...deletions);
      deletes = true;
    }
  }
  const { name, version } = batch.prepared.projection;
  const sql = `WITH ${leased ? 'held AS (SELECT 1 FROM trunkline_leases WHERE name = $7 AND epoch = $8 FOR KEY SHARE), ' : ''}moved AS (UPDATE trunkline_projections SET position = $5, saved_at = now()
  WHERE name = $1 AND version = $2 AND position = $3 AND generation = $4 AND log_id = $6${leased ? ' AND EXISTS (SELECT 1 FROM held)' : ''} RETURNING 1)${parts.map((part) => `,\n${part}`).join('')}
SELECT set_config('synchronous_commit', 'off', true), (SELECT count(*)::int FROM moved) AS moved`;
  const statement = `write_${name}_v${version}_${leased ? 'l' : ''}${written}`;
  return { sql, values, statement: schema === 'public' && !deletes && statement.length < 64 ? statement : undefined };
};

const copyValue = (type: ColumnType, value: Json | undefined): string => {
  if (value === null || value === undefined) return COPY_NULL;
  if (type === 'jsonb') return copyText(JSON.stringify(value));
  return type === 'text' ? copyText(value as string) : String(value as string | number | boolean);
};

/** Rows that are encoded at a time: the server works on those before meanwhile. */
const ROWS_A_PART = 250;

function* copyParts({ columns, types }: PreparedTable, rows: readonly Readonly<Row>[]): Generator<string, void, undefined> {
  const cells: string[] = columns.map(() => '');
  for (let from = 0; from < rows.length; from += ROWS_A_PART) {
    const lines: string[] = [];
    for (let at = from; at < rows.length && at < from + ROWS_A_PART; at += 1) {
      const row = rows[at]!;
      for (let i = 0; i < columns.length; i += 1) cells[i] = copyValue(types[i]!, row[columns[i]!]);
      lines.push(cells.join('\t'));
    }
    lines.push('');
    yield lines.join('\n');
  }
}

/** Writes rows that are not there yet. */
export const copyRows = (tx: Transaction, schema: string, table: PreparedTable, rows: readonly Readonly<Row>[]): Promise<void> => tx.copyIn(copyRowsSql(schema, table), copyParts(table, rows));

/**
 * For what has one plan only, whatever the table's size: PostgreSQL would keep one that looks rows up by
 * the wrong index, made while the table was empty. Names are cut at 63 bytes; a rebuild's tables live
 * too short to be worth one.
 */
const planOnce = (schema: string, deed: string, { physical }: PreparedTable): string | undefined => {
  const name = `${deed}_${physical}`;
  return schema === 'public' && name.length < 64 ? name : undefined;
};
