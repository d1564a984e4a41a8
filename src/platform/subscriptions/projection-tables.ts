import { tenantIsolationSql } from '../postgres/row-level-security.js';
import { READER_ROLE } from '../postgres/database.js';
import { blankOf } from './json-values.js';
import { physicalTable, type ColumnType, type Projection, type Row, type TableSpec } from './projection.js';

const IDENTIFIER = /^[a-z][a-z0-9_]{0,50}$/;
const COLUMN_TYPES: ReadonlySet<ColumnType> = new Set<ColumnType>(['text', 'integer', 'bigint', 'boolean', 'timestamptz', 'jsonb', 'double precision']);

const quoted = (name: string): string => `"${name}"`;
const list = (names: readonly string[]): string => names.map(quoted).join(', ');

/** One table of one version of a projection, and the SQL that it needs. */
export interface PreparedTable {
  readonly spec: TableSpec;
  /** Name with version, without schema. */
  readonly physical: string;
  readonly columns: readonly string[];
  readonly types: readonly ColumnType[];
  /** Places of the primary key's columns within `columns`. */
  readonly keyPlaces: readonly number[];
  readonly typeOf: ReadonlyMap<string, ColumnType>;
  /** A row of nulls, of which rows are made as copies: then all have one shape, which is what makes them quick. */
  readonly blank: Readonly<Row>;
}

const check = (projection: Projection, spec: TableSpec): void => {
  const wrong = (why: string): never => {
    throw new TypeError(`table ${spec.name} of projection ${projection.name}: ${why}`);
  };
  const columns = Object.keys(spec.columns);
  for (const name of [spec.name, ...columns]) if (!IDENTIFIER.test(name)) wrong(`"${name}" is no name for a table or column; use a-z, 0-9 and _, at most 51 characters`);
  for (const [name, type] of Object.entries(spec.columns)) if (!COLUMN_TYPES.has(type)) wrong(`column ${name} has the unknown type ${type}`);
  if (columns[0] !== 'tenant_id' || spec.columns['tenant_id'] !== 'text') wrong('its first column must be tenant_id text');
  if (spec.primaryKey[0] !== 'tenant_id') wrong('its primary key must start with tenant_id');
  for (const name of [...spec.primaryKey, ...(spec.indexes ?? []).flat()]) if (spec.columns[name] === undefined) wrong(`it has no column ${name} to index`);
  for (const name of spec.primaryKey) if (['jsonb', 'double precision'].includes(spec.columns[name] ?? '')) wrong(`a ${spec.columns[name] ?? ''} column cannot be part of the primary key`);
};

/** Throws TypeError where a declaration breaks the rules. */
export const prepareTables = (projection: Projection): PreparedTable[] =>
  projection.tables.map((spec) => {
    check(projection, spec);
    const columns = Object.keys(spec.columns);
    return {
      spec,
      physical: physicalTable(spec.name, projection.version),
      columns,
      types: Object.values(spec.columns),
      keyPlaces: spec.primaryKey.map((name) => columns.indexOf(name)),
      typeOf: new Map(Object.entries(spec.columns)),
      blank: blankOf(columns) as Row,
    };
  });

export const qualified = (schema: string, table: string): string => `${quoted(schema)}.${quoted(table)}`;

/** Creates the table, shut to other tenants, where it is not there yet. */
export const createTableSql = (schema: string, { physical, columns, types, spec }: PreparedTable): string => {
  const name = qualified(schema, physical);
  const definitions = columns.map((column, i) => `${quoted(column)} ${types[i] ?? ''}${spec.primaryKey.includes(column) ? ' NOT NULL' : ''}`);
  return `CREATE TABLE IF NOT EXISTS ${name} (${definitions.join(', ')}, PRIMARY KEY (${list(spec.primaryKey)}));
${tenantIsolationSql(`${schema}.${physical}`)}`;
};

export const createIndexesSql = (schema: string, { physical, spec }: PreparedTable): string =>
  (spec.indexes ?? []).map((columns, i) => `CREATE INDEX IF NOT EXISTS ${quoted(`${physical}_i${i + 1}`)} ON ${qualified(schema, physical)} (${list(columns)});`).join('\n');

/** The plain name, by which queries know the table, now means this version. */
export const createViewSql = (schema: string, { physical, spec }: PreparedTable): string => `
DROP VIEW IF EXISTS ${qualified(schema, spec.name)};
CREATE VIEW ${qualified(schema, spec.name)} WITH (security_invoker = true) AS SELECT * FROM ${qualified(schema, physical)};
GRANT SELECT ON ${qualified(schema, spec.name)} TO ${READER_ROLE};`;

const keyTypes = ({ types, keyPlaces }: PreparedTable): ColumnType[] => keyPlaces.map((place) => types[place] ?? 'text');

const keysFrom = (table: PreparedTable, first = 1): { readonly source: string; readonly match: string } => {
  const types = keyTypes(table);
  return {
    source: `unnest(${types.map((type, i) => `$${first + i}::${type}[]`).join(', ')}) AS k(${types.map((_, i) => `k${i}`).join(', ')})`,
    match: table.spec.primaryKey.map((column, i) => `t.${quoted(column)} = k.k${i}`).join(' AND '),
  };
};

/** Parameters: one array per column of the primary key. */
export const loadRowsSql = (schema: string, table: PreparedTable): string => {
  const { source, match } = keysFrom(table);
  return `SELECT t.* FROM ${source} JOIN ${qualified(schema, table.physical)} t ON ${match}`;
};

/** Parameters: one array per column of the primary key. */
export const deleteRowsSql = (schema: string, table: PreparedTable, first = 1): string => {
  const { source, match } = keysFrom(table, first);
  return `DELETE FROM ${qualified(schema, table.physical)} t USING ${source} WHERE ${match}`;
};

/** Takes in rows that are not there yet. */
export const copyRowsSql = (schema: string, { physical, columns }: PreparedTable): string => `COPY ${qualified(schema, physical)} (${list(columns)}) FROM STDIN`;

/** Parameter `place`: the rows as a JSON array of objects. */
export const upsertRowsSql = (schema: string, { physical, columns, types, spec }: PreparedTable, place = 1, condition = ''): string => {
  const others = columns.filter((column) => !spec.primaryKey.includes(column));
  const action = others.length === 0 ? 'NOTHING' : `UPDATE SET ${others.map((column) => `${quoted(column)} = excluded.${quoted(column)}`).join(', ')}`;
  return `INSERT INTO ${qualified(schema, physical)} (${list(columns)})
SELECT ${list(columns)} FROM json_to_recordset($${place}::json) AS r(${columns.map((column, i) => `${quoted(column)} ${types[i] ?? ''}`).join(', ')})${condition === '' ? ' WHERE true' : ` WHERE ${condition}`}
ON CONFLICT (${list(spec.primaryKey)}) DO ${action}`;
};
