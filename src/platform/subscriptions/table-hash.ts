import { createHash } from 'node:crypto';
import type { Database, Queryable } from '../postgres/database.js';
import { qualified, type PreparedTable } from './projection-tables.js';

export interface TableHash {
  readonly rows: number;
  /** SHA-256 of the canonical rows in the order of their primary keys, hexadecimal. */
  readonly hash: string;
}

const PAGE = 5_000;

/** The primary key in an order that no locale changes. */
const order = ({ spec }: PreparedTable): string => spec.primaryKey.map((column) => (spec.columns[column] === 'text' ? `"${column}" COLLATE "C"` : `"${column}"`)).join(', ');

/** Within a transaction. A row's canonical text is its JSON array in the order of the columns, times in UTC. */
export const tableHashIn = async (tx: Queryable, schema: string, table: PreparedTable): Promise<TableHash> => {
  await tx.query(`SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1`);
  // A row of more than a hundred columns is more than one function call takes.
  const parts: string[] = [];
  for (let i = 0; i < table.columns.length; i += 50) parts.push(`jsonb_build_array(${table.columns.slice(i, i + 50).map((column) => `"${column}"`).join(', ')})`);
  await tx.query(`DECLARE canonical NO SCROLL CURSOR FOR SELECT (${parts.join(' || ')})::text AS text FROM ${qualified(schema, table.physical)} ORDER BY ${order(table)}`);
  const hash = createHash('sha256');
  let rows = 0;
  for (;;) {
    const page = await tx.query<{ text: string }>(`FETCH ${PAGE} FROM canonical`);
    for (const { text } of page.rows) hash.update(text).update('\n');
    rows += page.rows.length;
    if (page.rows.length < PAGE) break;
  }
  await tx.query('CLOSE canonical');
  return { rows, hash: hash.digest('hex') };
};

/** The hash of a table as it is in one moment. */
export const tableHash = (database: Database, schema: string, table: PreparedTable): Promise<TableHash> =>
  database.transaction((tx) => tableHashIn(tx, schema, table), { isolation: 'repeatable read', statementTimeoutMs: 0 });

export interface KeyDifference {
  /** Values of the primary key's columns, as text. */
  readonly key: readonly string[];
  readonly what: 'missing' | 'unexpected' | 'different';
  /** Names of the columns that differ. */
  readonly columns: readonly string[];
}

/** The first rows in which `served` is not what `right` says it should be, by primary key. Both are tables of the same shape. */
export const firstDifferences = async (tx: Queryable, table: PreparedTable, served: string, right: string, limit: number): Promise<KeyDifference[]> => {
  const keys = table.spec.primaryKey;
  const match = keys.map((column) => `s."${column}" = r."${column}"`).join(' AND ');
  const differs = table.columns.map((column) => `CASE WHEN s."${column}" IS DISTINCT FROM r."${column}" THEN '${column}' END`);
  const first = keys[0] ?? 'tenant_id';
  const { rows } = await tx.query<{ key: string[]; what: KeyDifference['what']; columns: string[] }>(
    `SELECT ARRAY[${keys.map((column) => `coalesce(s."${column}", r."${column}")::text`).join(', ')}] AS key,
       CASE WHEN s."${first}" IS NULL THEN 'missing' WHEN r."${first}" IS NULL THEN 'unexpected' ELSE 'different' END AS what,
       CASE WHEN s."${first}" IS NULL OR r."${first}" IS NULL THEN '{}'::text[] ELSE array_remove(ARRAY[${differs.join(', ')}], NULL) END AS columns
     FROM ${served} s FULL JOIN ${right} r ON ${match}
     WHERE s."${first}" IS NULL OR r."${first}" IS NULL OR ${table.columns.map((column) => `s."${column}" IS DISTINCT FROM r."${column}"`).join(' OR ')}
     ORDER BY 1 LIMIT ${limit}`,
  );
  return rows;
};
