import { prepareProjection, versionName, type PreparedProjection } from './projection-batch.js';
import { FreshTables } from './fresh-tables.js';
import { foldRange, type RebuildOptions, type RebuildParts } from './projection-rebuild.js';
import { createTableSql, qualified, type PreparedTable } from './projection-tables.js';
import type { Projection } from './projection.js';
import { withScratchSchema } from './scratch-schema.js';
import { firstDifferences, tableHashIn, type KeyDifference } from './table-hash.js';

export interface TableVerdict {
  readonly table: string;
  readonly rows: number;
  /** SHA-256 of the served rows. */
  readonly served: string;
  /** SHA-256 of the rows built anew from the log, up to the same position. */
  readonly rebuilt: string;
  /** The first differing rows by primary key; empty where the hashes agree. */
  readonly differences: readonly KeyDifference[];
}

export interface ProjectionVerdict {
  readonly name: string;
  readonly version: number;
  /** The served rows' checkpoint, to which the comparison was built. */
  readonly position: bigint;
  readonly equal: boolean;
  readonly tables: readonly TableVerdict[];
}

const MAX_DIFFERENCES = 10;

const servedCopy = (table: PreparedTable): PreparedTable => ({ ...table, physical: `served_${table.physical}` });

/**
 * Compares what is served with what the log says: copies the rows with their checkpoint in one snapshot,
 * builds them anew to exactly there, and compares hashes. Changes nothing, and nobody waits for it.
 */
export const verify = async (parts: Omit<RebuildParts, 'parked'>, projections: readonly Projection[], options: RebuildOptions = {}): Promise<ProjectionVerdict[]> => {
  const { store, log, clock } = parts;
  const { database } = store;
  const prepared = projections.map(prepareProjection);
  const logId = await log.store.logId();
  return withScratchSchema(database, clock, async (scratch) => {
    const positions = await database.transaction(
      async (tx) => {
        const states = await store.states(tx, projections.map(({ name }) => name));
        for (const { tables } of prepared) {
          for (const table of tables) await tx.query(`CREATE TABLE ${qualified(scratch, servedCopy(table).physical)} AS TABLE ${qualified(store.schema, table.physical)}`);
        }
        return prepared.map(({ projection }) => {
          const state = states.find(({ name, version }) => name === projection.name && version === projection.version);
          if (state === undefined) throw new Error(`${versionName(projection)} has never been built here; start Trunkline once, or rebuild it`);
          if (state.logId !== logId) throw new Error(`${versionName(projection)} was built from log ${state.logId}, but this is log ${logId}`);
          return state.position;
        });
      },
      { isolation: 'repeatable read', statementTimeoutMs: 0 },
    );
    for (const { tables } of prepared) for (const table of tables) await database.query(createTableSql(scratch, table));
    const furthest = positions.reduce((most, position) => (position > most ? position : most), 0n);
    await foldRange(parts, new FreshTables(database, scratch, prepared, options), prepared.map((one, i) => ({ prepared: one, upTo: positions[i] ?? 0n })), { after: 0n, upTo: furthest }, options);
    const verdicts: ProjectionVerdict[] = [];
    for (const [i, one] of prepared.entries()) verdicts.push(await compare(parts, scratch, one, positions[i] ?? 0n));
    return verdicts;
  });
};

const compare = async ({ store }: Pick<RebuildParts, 'store'>, scratch: string, { projection, tables }: PreparedProjection, position: bigint): Promise<ProjectionVerdict> => {
  const verdicts = await store.database.transaction(
    async (tx) => {
      const found: TableVerdict[] = [];
      for (const table of tables) {
        const served = await tableHashIn(tx, scratch, servedCopy(table));
        const rebuilt = await tableHashIn(tx, scratch, table);
        const differences =
          served.hash === rebuilt.hash ? [] : await firstDifferences(tx, table, qualified(scratch, servedCopy(table).physical), qualified(scratch, table.physical), MAX_DIFFERENCES);
        found.push({ table: table.spec.name, rows: served.rows, served: served.hash, rebuilt: rebuilt.hash, differences });
      }
      return found;
    },
    { statementTimeoutMs: 0 },
  );
  return { name: projection.name, version: projection.version, position, equal: verdicts.every(({ served, rebuilt }) => served === rebuilt), tables: verdicts };
};
