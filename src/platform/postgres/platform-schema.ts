import type { Migration } from './migrations.js';

/** Name of the migrations' set for runMigrations. */
export const PLATFORM_SCHEMA = 'platform';

/** Tables of the engine itself. The leases and the event log have sets of their own; read models are made by their runner. */
export const PLATFORM_MIGRATIONS: readonly Migration[] = [
  {
    id: '0001-checkpoints',
    sql: `CREATE TABLE trunkline_checkpoints (
      name text PRIMARY KEY,
      position bigint NOT NULL CHECK (position >= 0),
      log_id text NOT NULL,
      saved_at timestamptz NOT NULL DEFAULT now()
    )`,
  },
  {
    id: '0002-snapshots',
    sql: `CREATE TABLE trunkline_snapshots (
      name text PRIMARY KEY,
      revision bigint NOT NULL,
      version integer NOT NULL,
      state json NOT NULL,
      saved_at timestamptz NOT NULL DEFAULT now()
    )`,
  },
  {
    id: '0003-parked-events',
    sql: `CREATE TABLE trunkline_parked_events (
      runner text NOT NULL,
      position bigint NOT NULL,
      lane text NOT NULL,
      stream text NOT NULL,
      revision bigint NOT NULL,
      event_id uuid NOT NULL,
      event_type text NOT NULL,
      error text NOT NULL,
      parked_at timestamptz NOT NULL,
      asked boolean NOT NULL DEFAULT false,
      skipped_at timestamptz,
      skipped_by text,
      skip_reason text,
      PRIMARY KEY (runner, position),
      CHECK ((skipped_at IS NULL) = (skip_reason IS NULL))
    );
    CREATE INDEX ON trunkline_parked_events (runner, lane) WHERE asked`,
  },
  {
    id: '0004-subject-keys',
    sql: `CREATE TABLE trunkline_subject_keys (
      key_id uuid PRIMARY KEY,
      tenant_id text NOT NULL,
      subject text NOT NULL,
      wrapped_key bytea,
      created_at timestamptz NOT NULL DEFAULT now(),
      destroyed_at timestamptz,
      CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
    );
    CREATE UNIQUE INDEX ON trunkline_subject_keys (tenant_id, subject) WHERE destroyed_at IS NULL`,
  },
  {
    id: '0005-timers',
    sql: `CREATE TABLE trunkline_timers (
      runner text NOT NULL,
      key text NOT NULL,
      rule text NOT NULL,
      due_at timestamptz NOT NULL,
      tenant_id text NOT NULL,
      correlation_id text NOT NULL,
      causation_id text NOT NULL,
      command json NOT NULL,
      PRIMARY KEY (runner, key)
    )`,
  },
  {
    id: '0006-projections',
    sql: `CREATE TABLE trunkline_projections (
      name text NOT NULL,
      version integer NOT NULL,
      log_id text NOT NULL,
      position bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
      generation bigint NOT NULL DEFAULT 1,
      saved_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (name, version)
    ) WITH (fillfactor = 50);
    CREATE TABLE trunkline_projection_active (
      name text PRIMARY KEY,
      version integer NOT NULL,
      since timestamptz NOT NULL DEFAULT now()
    )`,
  },
  {
    id: '0007-persons-who-were-erased',
    sql: `CREATE INDEX ON trunkline_subject_keys (tenant_id, subject, destroyed_at) WHERE destroyed_at IS NOT NULL`,
  },
];
