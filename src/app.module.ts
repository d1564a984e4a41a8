import { type DynamicModule, type InjectionToken, Module, type Provider } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { CallHistoryQueries } from '../projections/call-history/call-history.queries.js';
import { ConfigurationQueries } from '../projections/configuration/configuration.queries.js';
import { connectedNode } from '../projections/configuration/connected-nodes.js';
import { waitingInQueue } from '../projections/live-calls/waiting-in-queue.js';
import { ReadModelsModule } from '../projections/read-models.module.js';
import { RecordingsQueries } from '../projections/recordings/recordings.queries.js';
import type { ApiParts } from './api-parts.js';
import { IdentityModule } from './identity/identity.module.js';
import { API_KEY_LIST, TENANT_DIRECTORY } from './identity/ports/identity-directory.port.js';
import { PERSON_RECORDINGS } from './identity/ports/persons.port.js';
import { CommandDispatcher } from './platform/event-store/command-dispatcher.js';
import { CommandExecutor } from './platform/event-store/command-executor.js';
import { EventLog } from './platform/event-store/event-log.js';
import { API_KEY_DIRECTORY, TENANT_STATUSES } from './platform/http/access/api-key-directory.port.js';
import { HttpModule } from './platform/http/http.module.js';
import { IDEMPOTENCY_KEYS } from './platform/http/idempotency.port.js';
import { LIVE_FANOUT } from './platform/http/live-fanout.port.js';
import { PROJECTION_PROGRESS } from './platform/http/projection-progress.port.js';
import { RATE_LIMITER } from './platform/http/rate-limit.port.js';
import { READINESS } from './platform/http/readiness.port.js';
import { CLOCK, HTTP_OPTIONS, type HttpOptions, LOGGER, METRICS, RANDOM } from './platform/http/tokens.js';
import { OBJECT_STORAGE } from './platform/object-storage/object-storage.port.js';
import { ALARMS } from './platform/observability/alarms.port.js';
import { Database } from './platform/postgres/database.js';
import { PostgresIdempotencyKeys } from './platform/postgres/idempotency-keys.js';
import { SealedRows } from './platform/privacy/sealed-text.js';
import { ROUTING_CONFIGURATION, type RoutingConfiguration } from './routing/ports/routing-configuration.port.js';
import { QueuesInTheLog } from './routing/queues/directory/known-queues.js';
import { QueueEntrancesInTheLog, type WaitingIn } from './routing/queues/directory/queue-entrances.js';
import { RoutingModule } from './routing/routing.module.js';
import { CallsModule } from './telephony/calls/calls.module.js';
import { CDR_PATIENCE_MS } from './telephony/switch-cdrs/api/switch-cdrs.controller.js';
import { SWITCH_PASSWORD } from './telephony/switch-cdrs/api/switch-password.guard.js';
import { SwitchCdrsModule } from './telephony/switch-cdrs/switch-cdrs.module.js';
import { KNOWN_QUEUES } from './telephony/ports/known-queues.port.js';
import { QUEUE_ENTRANCES } from './telephony/ports/queue-entrances.port.js';
import { TELEPHONY_CONFIGURATION, type TelephonyConfiguration } from './telephony/ports/telephony-configuration.port.js';
import { type Recordings, RECORDINGS } from './telephony/ports/recordings.port.js';
import { RecordingsModule } from './telephony/recordings/recordings.module.js';
import { TelephonyModule } from './telephony/telephony.module.js';
import { ORIGINATION_NODES, type OriginationNodes } from './telephony/ports/origination-nodes.port.js';

const WAIT_FOR_READ_MODEL_MS = 5_000;
const CDR_WAITS_MS = 5_000;

const providersOf = (parts: ApiParts): Provider[] => {
  const options: HttpOptions = { requestsPerMinute: parts.settings.requestsPerMinute, waitForReadModelMs: parts.waitForReadModelMs ?? WAIT_FOR_READ_MODEL_MS };
  const configuration: RoutingConfiguration & TelephonyConfiguration = new ConfigurationQueries(parts.database, new SealedRows(parts.log.keys));
  // A node of this process, else whichever another one is connected with: that one will act.
  const anyNode: OriginationNodes = { choose: async () => (await parts.nodes.choose()) ?? connectedNode(configuration) };
  const board = waitingInQueue(parts.database);
  // As the router counts, where this process does: the board is behind by a moment.
  const waitingIn: WaitingIn = async (tenantId, queueId) => parts.queues?.queueOf(queueId)?.waiting ?? board(tenantId, queueId);
  const recordings: Recordings = new RecordingsQueries(parts.database);
  const values: readonly (readonly [token: InjectionToken, value: unknown])[] = [
    [CLOCK, parts.clock],
    [RANDOM, parts.random],
    [LOGGER, parts.logger],
    [METRICS, parts.metrics],
    [ALARMS, parts.alarms],
    [READINESS, parts.readiness],
    [HTTP_OPTIONS, options],
    [EventLog, parts.log],
    [CommandExecutor, parts.executor],
    [CommandDispatcher, parts.dispatcher],
    [Database, parts.database],
    [OBJECT_STORAGE, parts.objects],
    [RECORDINGS, recordings],
    [PROJECTION_PROGRESS, parts.progress],
    [API_KEY_DIRECTORY, parts.apiKeys],
    [API_KEY_LIST, parts.apiKeys],
    [TENANT_STATUSES, parts.tenants],
    [TENANT_DIRECTORY, parts.tenants],
    [RATE_LIMITER, parts.rateLimiter],
    [LIVE_FANOUT, parts.fanout],
    [ORIGINATION_NODES, anyNode],
    [ROUTING_CONFIGURATION, configuration],
    [TELEPHONY_CONFIGURATION, configuration],
    [KNOWN_QUEUES, new QueuesInTheLog(parts.executor)],
    [QUEUE_ENTRANCES, new QueueEntrancesInTheLog(parts.executor, waitingIn)],
    [PERSON_RECORDINGS, new CallHistoryQueries(parts.database, new SealedRows(parts.log.keys))],
    [SWITCH_PASSWORD, parts.settings.cdrToken ?? null],
    [CDR_PATIENCE_MS, parts.cdrPatienceMs ?? CDR_WAITS_MS],
    [IDEMPOTENCY_KEYS, new PostgresIdempotencyKeys(parts.database, parts.clock)],
  ];
  return values.map(([provide, useValue]) => ({ provide, useValue }));
};

/** The engine's parts under their tokens, for every module. */
@Module({})
class PartsModule {
  static of(parts: ApiParts): DynamicModule {
    const providers = providersOf(parts);
    return { module: PartsModule, global: true, providers, exports: providers };
  }
}

/** The API, or only what tells how the process is: Nest only wires what the engine has. */
@Module({})
export class AppModule {
  static forRoot(parts: ApiParts, serves: 'api' | 'operations' = 'api'): DynamicModule {
    if (serves === 'operations') return { module: AppModule, imports: [PartsModule.of(parts), HttpModule] };
    return { module: AppModule, imports: [PartsModule.of(parts), CqrsModule.forRoot(), HttpModule, IdentityModule, RoutingModule, TelephonyModule, CallsModule, RecordingsModule, SwitchCdrsModule, ReadModelsModule] };
  }
}
