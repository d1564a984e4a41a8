import type { Database, Queryable } from '../../src/platform/postgres/database.js';
import type { TableSpec } from '../../src/platform/subscriptions/projection.js';

/** Reads on behalf of one tenant: no other tenant's rows can be seen. */
export type TenantDatabase = Pick<Database, 'tenantTransaction'>;

const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** An instant as ISO 8601 UTC with milliseconds. */
export const isoSql = (expression: string): string => `to_char((${expression}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * The columns as a query answers them: names in camelCase, instants as ISO 8601 UTC, whole numbers as
 * numbers. `tenant_id` is left out, and what `omit` names.
 */
export const selectList = ({ columns }: TableSpec, alias: string, omit: readonly string[] = []): string =>
  Object.entries(columns)
    .filter(([name]) => name !== 'tenant_id' && !omit.includes(name))
    .map(([name, type]) => {
      const column = `${alias}."${name}"`;
      const value = type === 'timestamptz' ? isoSql(column) : type === 'bigint' ? `${column}::float8` : column;
      return `${value} AS "${camel(name)}"`;
    })
    .join(', ');

/** Conditions of a query and their parameters. */
export class Conditions {
  readonly values: unknown[] = [];
  private readonly texts: string[] = [];

  /** The parameter's text for a value that the query needs elsewhere. */
  parameter(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /** Holds for what `sql` makes of the value's parameter; undefined: no such condition. */
  where(value: unknown, sql: (parameter: string) => string): this {
    if (value !== undefined) this.texts.push(sql(this.parameter(value)));
    return this;
  }

  always(sql: string): this {
    this.texts.push(sql);
    return this;
  }

  get sql(): string {
    return this.texts.length === 0 ? 'true' : this.texts.join(' AND ');
  }
}

/** All rows of a query, as they are. */
export const rowsOf = async <T extends object>(tx: Queryable, sql: string, values: readonly unknown[] = []): Promise<T[]> => (await tx.query<T>(sql, values)).rows;
