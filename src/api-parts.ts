import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { ApiKeyDirectoryFold } from './identity/api-keys/directory/api-key-directory.fold.js';
import type { TenantDirectoryFold } from './identity/tenants/directory/tenant-directory.fold.js';
import type { Clock, Random } from './kernel/clock.js';
import type { CommandDispatcher } from './platform/event-store/command-dispatcher.js';
import type { CommandExecutor } from './platform/event-store/command-executor.js';
import type { EventLog } from './platform/event-store/event-log.js';
import type { LiveFanout } from './platform/http/live-fanout.port.js';
import type { ProjectionProgress } from './platform/http/projection-progress.port.js';
import type { RateLimiter } from './platform/http/rate-limit.port.js';
import type { ReadinessCheck } from './platform/http/readiness.port.js';
import type { ObjectStorage } from './platform/object-storage/object-storage.port.js';
import type { AlarmCounter } from './platform/observability/alarms.port.js';
import type { Database } from './platform/postgres/database.js';
import type { QueueDirectory } from './routing/offers/routing-view.js';
import type { TrunklineSettings } from './settings.js';
import type { OriginationNodes } from './telephony/ports/origination-nodes.port.js';

/**
 * What the API is wired from; the engine has all of it. The folds follow the log in the engine's
 * LiveFoldRunner; the database has the migrations of the platform and HTTP_MIGRATIONS.
 */
export interface ApiParts {
  readonly settings: Pick<TrunklineSettings, 'httpHost' | 'httpPort' | 'requestsPerMinute' | 'cdrToken'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly alarms: AlarmCounter;
  readonly metrics: Registry;
  readonly readiness: readonly ReadinessCheck[];
  readonly log: EventLog;
  readonly executor: CommandExecutor;
  readonly dispatcher: CommandDispatcher;
  readonly database: Database;
  /** Where recordings are. */
  readonly objects: ObjectStorage;
  readonly progress: ProjectionProgress;
  readonly apiKeys: ApiKeyDirectoryFold;
  readonly tenants: TenantDirectoryFold;
  readonly nodes: OriginationNodes;
  /** Queues as the router knows them; none in a process without the role telephony. */
  readonly queues?: QueueDirectory | undefined;
  readonly rateLimiter: RateLimiter;
  readonly fanout: LiveFanout;
  /** How long a query waits for its read model, ms. Default 5,000. */
  readonly waitForReadModelMs?: number;
  /** How long a switch's CDR waits for the facts of its own leg, ms. Default 5,000. */
  readonly cdrPatienceMs?: number;
}
