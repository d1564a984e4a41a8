import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { apiKeyDecider } from '../../src/identity/api-keys/domain/api-key.decider.js';
import { ApiKeyDirectoryFold } from '../../src/identity/api-keys/directory/api-key-directory.fold.js';
import { TenantDirectoryFold } from '../../src/identity/tenants/directory/tenant-directory.fold.js';
import { tenantDecider } from '../../src/identity/tenants/domain/tenant.decider.js';
import { DECIDERS, eventCatalog } from '../../src/engine/domain.js';
import { readModels } from '../../projections/read-models.js';
import type { ApiParts } from '../../src/api-parts.js';
import { startHttp } from '../../src/http-server.js';
import { isoTime, type Clock } from '../../src/kernel/clock.js';
import { streamOf } from '../../src/kernel/streams.js';
import { SYSTEM_TENANT } from '../../src/kernel/tenants.js';
import { CommandDispatcher } from '../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../src/platform/event-store/command-executor.js';
import { EventLog } from '../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { newApiKey } from '../../src/platform/http/access/api-key.js';
import type { Scope } from '../../src/platform/http/access/scope.js';
import { InProcessFanout } from '../../src/platform/http/live-fanout.port.js';
import { DIRECTORIES } from '../../src/platform/http/projection-progress.port.js';
import { InProcessRateLimiter } from '../../src/platform/http/rate-limit.port.js';
import { createLogger } from '../../src/platform/observability/logger.js';
import { FolderObjectStorage } from '../../src/platform/object-storage/folder.object-storage.js';
import { AlarmCounter } from '../../src/platform/observability/alarms.port.js';
import { HTTP_MIGRATIONS, HTTP_SCHEMA } from '../../src/platform/postgres/idempotency-keys.js';
import { runMigrations } from '../../src/platform/postgres/migrations.js';
import { InMemorySubjectKeys } from '../../src/platform/privacy/in-memory-subject-keys.js';
import { LiveFoldRunner } from '../../src/platform/subscriptions/live-fold-runner.js';
import { InMemoryParkedEvents } from '../../src/platform/subscriptions/in-memory-parked-events.js';
import { ProjectionEngine } from '../../src/platform/subscriptions/projection-engine.js';
import { ProjectionStore } from '../../src/platform/subscriptions/projection-store.js';
import { Reader } from '../../src/platform/subscriptions/reader.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { platformDatabase } from './platform-database.js';
import { type Request, requestAt } from './requests.js';

export { type Answer, type RequestOptions, requestAt } from './requests.js';

export interface ApiApp {
  readonly url: string;
  readonly parts: ApiParts;
  /** Lines that were logged. */
  readonly logged: string[];
  /** An operator's key. */
  readonly operator: string;
  readonly request: Request;
  /** A key of a tenant; the tenant is made if there is none. */
  keyFor(tenantId: string, ...scopes: readonly Scope[]): Promise<string>;
  /** See HttpServer.close. */
  close(drainMs?: number): Promise<void>;
}

export interface ApiAppOptions {
  readonly clock?: Clock;
  readonly change?: (parts: ApiParts) => ApiParts;
}

/** The real API on a port of its own: log in memory, tables in a real PostgreSQL. */
export const startApiApp = async ({ clock = systemClock, change = (parts) => parts }: ApiAppOptions = {}): Promise<ApiApp> => {
  const { database, close: closeDatabase } = await platformDatabase();
  await runMigrations(database, HTTP_SCHEMA, HTTP_MIGRATIONS);
  const store = new InMemoryEventStore({ clock });
  const log = new EventLog(store, eventCatalog(), new InMemorySubjectKeys());
  const executor = new CommandExecutor(log);
  const dispatcher = new CommandDispatcher(executor, DECIDERS);
  const alarms = new AlarmCounter();
  const reader = new Reader(log, clock, alarms);
  const [apiKeys, tenants] = [new ApiKeyDirectoryFold(), new TenantDirectoryFold()];
  const folds = new LiveFoldRunner({ reader, logId: await store.logId(), alarms, clock }, [apiKeys, tenants], { name: DIRECTORIES });
  const projections = new ProjectionEngine({ reader, log, store: new ProjectionStore(database), parked: new InMemoryParkedEvents(), clock, alarms }, { name: 'projections', projections: readModels });
  await reader.start();
  await folds.start();
  await projections.start();
  const objectsFolder = join(tmpdir(), `trunkline-objects-${systemRandom.uuid()}`);
  const objects = new FolderObjectStorage(objectsFolder, { clock, random: systemRandom });
  const logged: string[] = [];
  const parts = change({
    settings: { httpHost: '127.0.0.1', httpPort: 0, requestsPerMinute: 100_000, cdrToken: 'secret' },
    clock,
    random: systemRandom,
    logger: createLogger('debug', { write: (line: string) => void logged.push(line) }),
    alarms,
    metrics: new Registry(),
    readiness: [],
    log,
    executor,
    dispatcher,
    database,
    objects,
    progress: { waitFor: (model, position, timeoutMs) => (model === DIRECTORIES ? reader : projections).waitFor(model, position, timeoutMs) },
    apiKeys,
    tenants,
    nodes: { choose: () => Promise.resolve(undefined) },
    rateLimiter: new InProcessRateLimiter(clock),
    fanout: new InProcessFanout(),
  });
  const http = await startHttp(parts);
  const meta = (tenantId: string) => {
    const commandId = systemRandom.uuid();
    return { commandId, tenantId, at: isoTime(clock.now()), actor: { kind: 'system' as const, id: 'test' }, correlationId: commandId, causationId: commandId };
  };
  const keyFor = async (tenantId: string, ...scopes: readonly Scope[]): Promise<string> => {
    if (tenants.statusOf(tenantId) === undefined) {
      await executor.execute(tenantDecider, streamOf('tenant', tenantId), { type: 'CreateTenant', data: { tenantId, settings: { name: tenantId, country: 'DE', timeZone: 'Europe/Berlin' } }, meta: meta(tenantId) });
    }
    const keyId = systemRandom.uuid();
    const { key, hash } = newApiKey(keyId);
    await executor.execute(apiKeyDecider, streamOf('apiKey', keyId), { type: 'IssueApiKey', data: { keyId, tenantId, name: 'test', scopes, hash, expiresAt: null }, meta: meta(tenantId) });
    await folds.caughtUp();
    return key;
  };
  return {
    url: http.url,
    parts,
    logged,
    operator: await keyFor(SYSTEM_TENANT, 'operator'),
    keyFor,
    request: requestAt(http.url),
    close: async (drainMs) => {
      await http.close(drainMs);
      await projections.stop();
      await folds.stop();
      await reader.stop();
      await store.close();
      await closeDatabase();
      await rm(objectsFolder, { recursive: true, force: true });
    },
  };
};
