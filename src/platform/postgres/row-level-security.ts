import pg from 'pg';
import { READER_ROLE, TENANT_SETTING } from './database.js';
import type { Database, Queryable } from './database.js';
import { sqlState } from './database-errors.js';

/** The role for tenants' queries is missing or unsafe, and this program may not put it right; the message has the SQL. */
export class ReaderRoleProblem extends Error {
  override readonly name = 'ReaderRoleProblem';
}

const INSUFFICIENT_PRIVILEGE = '42501';
const ALREADY_THERE = ['42710', '23505'];

const quoted = (table: string): string => table.split('.').map((part) => pg.escapeIdentifier(part)).join('.');

/**
 * SQL that shuts a table (`name` or `schema.name`, with a column `tenant_id text`) for everybody but
 * its owner, who writes it, and the reader role, which sees the rows of the transaction's tenant. No
 * tenant set means no rows. It may be run again.
 */
export const tenantIsolationSql = (table: string): string => {
  const name = quoted(table);
  const schema = table.includes('.') ? pg.escapeIdentifier(table.split('.')[0] ?? '') : undefined;
  return `
ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY;
ALTER TABLE ${name} FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS engine ON ${name};
CREATE POLICY engine ON ${name} TO CURRENT_USER USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS own_tenant ON ${name};
CREATE POLICY own_tenant ON ${name} FOR SELECT TO ${READER_ROLE} USING (tenant_id = NULLIF(current_setting('${TENANT_SETTING}', true), ''));
${schema === undefined ? '' : `GRANT USAGE ON SCHEMA ${schema} TO ${READER_ROLE};\n`}GRANT SELECT ON ${name} TO ${READER_ROLE};
`;
};

/** SQL that lets the reader role read a table that holds no tenant's data, such as checkpoints. */
export const readableByAllTenantsSql = (table: string): string => `GRANT SELECT ON ${quoted(table)} TO ${READER_ROLE};\n`;

const currentUser = async (tx: Queryable): Promise<string> => {
  const { rows } = await tx.query<{ name: string }>('SELECT current_user AS name');
  return rows[0]?.name ?? '';
};

const attempt = async (database: Database, sql: string): Promise<void> => {
  try {
    await database.query(sql);
  } catch (error) {
    if (ALREADY_THERE.includes(sqlState(error))) return;
    if (sqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    const user = pg.escapeIdentifier(await currentUser(database));
    throw new ReaderRoleProblem(
      `the database user ${user} may not create the role that keeps tenants apart; let an administrator run this once:\n  CREATE ROLE ${READER_ROLE} NOLOGIN;\n  GRANT ${READER_ROLE} TO ${user};`,
    );
  }
};

/**
 * Sees to it that the reader role exists, that this program may switch to it, and that it can neither
 * bypass row-level security nor write by owning something. Roles belong to the whole server: several
 * databases and processes share the one.
 */
export const ensureReaderRole = async (database: Database): Promise<void> => {
  const look = async (): Promise<{ unsafe: boolean; owns: boolean } | undefined> => {
    const { rows } = await database.query<{ unsafe: boolean; owns: boolean }>(
      `SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb AS unsafe, EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) AS owns FROM pg_roles r WHERE rolname = $1`,
      [READER_ROLE],
    );
    return rows[0];
  };
  if ((await look()) === undefined) await attempt(database, `CREATE ROLE ${READER_ROLE} NOLOGIN`);
  const role = await look();
  if (role?.unsafe !== false) throw new ReaderRoleProblem(`the role ${READER_ROLE} has rights that would let one tenant see another's rows: ALTER ROLE ${READER_ROLE} NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB;`);
  if (role.owns) throw new ReaderRoleProblem(`the role ${READER_ROLE} owns tables, and an owner may do anything with them: REASSIGN OWNED BY ${READER_ROLE} TO CURRENT_USER;`);
  const { rows } = await database.query<{ may: boolean }>(
    `SELECT pg_has_role(current_user, $1, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) AS may`,
    [READER_ROLE],
  );
  if (rows[0]?.may !== true) await attempt(database, `GRANT ${READER_ROLE} TO CURRENT_USER`);
};
