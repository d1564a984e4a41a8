import type { Json, RecordedEvent } from '../../kernel/event.js';

export type ColumnType = 'text' | 'integer' | 'bigint' | 'boolean' | 'timestamptz' | 'jsonb' | 'double precision';

/**
 * A read model's table. Its first column is always `tenant_id text`; row-level security is put on it
 * by the runner. `columns` in order; `primaryKey` always starts with tenant_id.
 */
export interface TableSpec {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly primaryKey: readonly string[];
  readonly indexes?: readonly (readonly string[])[];
}

/** Values as the fold sees and leaves them: timestamps as ISO 8601 UTC strings, bigint columns as decimal strings or numbers below 2^53. */
export type Row = { [column: string]: Json | undefined };

export interface RowKey {
  readonly table: string;
  /** Values of the primary key's columns, in order. */
  readonly key: readonly (string | number)[];
  /**
   * What saves looking the row up. `nothing`: there can be no such row before this event. `anything`:
   * `apply` puts the row and asks nothing of what was there.
   */
  readonly before?: 'nothing' | 'anything';
}

/** The rows of a batch, loaded beforehand for the keys that the projection named. What `get` answers is not to be written to, and shows what is changed in the row later on. */
export interface Rows {
  get(table: string, key: readonly (string | number)[]): Readonly<Row> | undefined;
  /** Inserts or replaces the row whose primary key it carries. All columns not given become null. */
  put(table: string, row: Row): void;
  /** Changes these columns of a row that is there; of one that is not, nothing. */
  change(table: string, key: readonly (string | number)[], columns: Row): void;
  delete(table: string, key: readonly (string | number)[]): void;
}

/**
 * A pure fold from events to rows. `keys` names every row that `apply` may read or change for the
 * event; it must follow from the event alone. A new shape or meaning raises `version`: the new
 * tables are then built beside the old ones and take over when they have caught up.
 */
export interface Projection {
  readonly name: string;
  readonly version: number;
  readonly eventTypes: readonly string[];
  readonly tables: readonly TableSpec[];
  /** Its rows hold positions of the log, and mean nothing in a copy of the log that counts otherwise: they are built anew there. */
  readonly holdsPositions?: true;
  keys(event: RecordedEvent): readonly RowKey[];
  apply(event: RecordedEvent, rows: Rows): void;
}

/** Table of a projection's version; queries use the plain name, which is a view on the version in service. */
export const physicalTable = (table: string, version: number): string => `${table}_v${version}`;

/** Name of the lease of whoever keeps this version: each has its own, so that the versions of an old and a new program are kept side by side. */
export const projectionLease = ({ name, version }: Pick<Projection, 'name' | 'version'>): string => `projections/${name}/v${version}`;
