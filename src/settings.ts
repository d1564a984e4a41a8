import { choice, choices, flag, hexKey, integer, names, optionalInteger, optionalText, readSettings, type Settings, text, url } from './platform/settings/declare.js';
import { nodeUrls } from './platform/settings/node-urls.js';

export const ROLES = ['api', 'telephony', 'worker', 'media'] as const;
export type Role = (typeof ROLES)[number];

/** Every environment variable that Trunkline reads; the README's table is compared with this list. */
export const SETTINGS = {
  roles: choices('TRUNKLINE_ROLES', 'What this process does: `api`, `telephony`, `worker`, `media`, separated by commas', ROLES, ROLES),
  dataDir: text('TRUNKLINE_DATA_DIR', 'Folder of the embedded database, of recordings and of the generated master key', '.trunkline'),
  httpHost: text('TRUNKLINE_HTTP_HOST', 'Address that the API listens on', '127.0.0.1'),
  httpPort: integer('TRUNKLINE_HTTP_PORT', 'Port that the API listens on; 0 picks a free one', 3000, 0, 65_535),
  operationsPort: optionalInteger('TRUNKLINE_OPERATIONS_PORT', 'Port on which a process without the role `api` answers `/live`, `/ready` and `/metrics`; 0 picks a free one', 'it listens on none', 0, 65_535),
  databaseUrl: url('DATABASE_URL', 'PostgreSQL 15 or newer for read models, timers, keys and (without EventStoreDB) the log', 'the embedded PostgreSQL', ['postgres', 'postgresql']),
  eventStoreDbUrl: url('EVENTSTOREDB_URL', 'EventStoreDB of the event log', 'the log lives in PostgreSQL', ['esdb', 'esdb+discover']),
  redisUrl: url('REDIS_URL', 'Redis for live boards and rate limits over several processes', 'within the process', ['redis', 'rediss']),
  masterKey: hexKey('TRUNKLINE_MASTER_KEY', 'Master key that wraps the keys of persons, 64 hexadecimal digits; losing it loses all personal data', 'generated in the data folder', 32),
  freeswitchNodes: nodeUrls('FREESWITCH_NODES', 'FreeSWITCH nodes to register at start: `esl://:PASSWORD@HOST:8021/NAME?device=user/{user}&trunk=sofia/gateway/carrier/{number}`, separated by commas'),
  rejectUnknownNumbers: flag('TRUNKLINE_REJECT_UNKNOWN_NUMBERS', 'Whether a call to a number that no tenant owns is hung up (UNALLOCATED_NUMBER) instead of left to the dialplan', true),
  cdrToken: optionalText('TRUNKLINE_CDR_PASSWORD', 'Password with which nodes post their own CDRs to `/v1/switch-cdrs` (user `switch`)', 'such posts are refused', { secret: true }),
  mediaNodes: names('TRUNKLINE_MEDIA_NODES', 'Media nodes whose recordings the role `media` of this process finds in its own file system: their names, separated by commas', 'those whose host is this machine'),
  cdrSpool: optionalText('TRUNKLINE_CDR_SPOOL', 'Folder in which the FreeSWITCH of this machine keeps CDRs that it could not post (`err-log-dir`); the role `media` collects them', 'none are collected'),
  recordingsBucket: optionalText('S3_BUCKET', 'Bucket for recordings', 'recordings stay in the data folder'),
  s3Endpoint: url('S3_ENDPOINT', 'Address of an S3-compatible store', 'AWS', ['http', 'https'], { secret: false }),
  s3Region: text('S3_REGION', 'Region of the bucket', 'us-east-1'),
  s3AccessKey: optionalText('S3_ACCESS_KEY_ID', 'Access key of the store', 'the default credentials of the AWS SDK', { secret: true }),
  s3SecretKey: optionalText('S3_SECRET_ACCESS_KEY', 'Secret key of the store', 'the default credentials of the AWS SDK', { secret: true }),
  requestsPerMinute: integer('TRUNKLINE_REQUESTS_PER_MINUTE', 'Requests that one API key may make in a minute', 60_000, 1, 10_000_000),
  drainMs: integer('TRUNKLINE_DRAIN_MS', 'How long the API goes on answering after it was asked to stop, while `/ready` says no already: longer than the load balancer takes to notice, for a restart without a refused request', 0, 0, 600_000),
  logLevel: choice('LOG_LEVEL', 'Least severe log line that is written', 'info', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
} as const;

export type TrunklineSettings = Settings<typeof SETTINGS>;

/** Throws InvalidSettings with everything that is wrong. */
export const settingsFrom = (env: Readonly<Record<string, string | undefined>>): TrunklineSettings => readSettings(SETTINGS, env);
