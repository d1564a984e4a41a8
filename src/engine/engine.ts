import { isoTime } from '../kernel/clock.js';
import type { Clock, Random } from '../kernel/clock.js';
import { streamOf } from '../kernel/streams.js';
import { ApiKeyDirectoryFold } from '../identity/api-keys/directory/api-key-directory.fold.js';
import { TenantDirectoryFold } from '../identity/tenants/directory/tenant-directory.fold.js';
import { PostgresTimerStore } from '../platform/effects/postgres-timer-store.js';
import { deterministicId } from '../platform/event-store/deterministic-ids.js';
import { MeteredEventStore } from '../platform/event-store/metered.event-store.js';
import { DIRECTORIES, type ProjectionProgress } from '../platform/http/projection-progress.port.js';
import type { LiveFanout } from '../platform/http/live-fanout.port.js';
import type { ReadinessCheck } from '../platform/http/readiness.port.js';
import type { AlarmCounter } from '../platform/observability/alarms.port.js';
import { PostgresCheckpoints } from '../platform/postgres/checkpoints.js';
import type { Database } from '../platform/postgres/database.js';
import { PostgresLeases } from '../platform/postgres/leases.js';
import { PostgresParkedEvents } from '../platform/postgres/parked-events.js';
import { PostgresSnapshots } from '../platform/postgres/snapshots.js';
import { PostgresSubjectKeys } from '../platform/privacy/postgres-subject-keys.js';
import type { NodeUrl } from '../platform/settings/node-urls.js';
import { LeaseBook } from '../platform/subscriptions/lease-book.js';
import { LiveFoldRunner } from '../platform/subscriptions/live-fold-runner.js';
import { waitForProjection } from '../platform/subscriptions/projection-engine.js';
import { ProjectionStore } from '../platform/subscriptions/projection-store.js';
import type { Projection } from '../platform/subscriptions/projection.js';
import { monotonicMs } from '../platform/time/monotonic.js';
import type { Role, TrunklineSettings } from '../settings.js';
import type { EslConnect } from '../telephony/adapters/freeswitch/esl-client.port.js';
import { SYSTEM_TENANT } from '../kernel/tenants.js';
import { mediaNodeDecider } from '../telephony/media-nodes/domain/media-node.decider.js';
import type { OriginationNodes } from '../telephony/ports/origination-nodes.port.js';
import { PostgresCdrInbox } from '../telephony/adapters/postgres/postgres-cdr-inbox.js';
import { buildCore, type Core } from './core.js';
import type { Domain } from './domain.js';
import { Erasures } from './erasures.js';
import { MediaRole } from './media-role.js';
import { readinessOf } from './readiness.js';
import type { Storage } from './storage.js';
import { TelephonyRole, type TelephonyOptions } from './telephony-role.js';
import { WorkerRole } from './worker-role.js';

export interface EngineParts {
  readonly settings: Pick<TrunklineSettings, 'roles' | 'freeswitchNodes' | 'rejectUnknownNumbers' | 'mediaNodes' | 'cdrSpool'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly alarms: AlarmCounter;
  readonly storage: Storage;
  readonly projections: readonly Projection[];
  readonly connect: EslConnect;
  readonly session?: TelephonyOptions['session'];
  readonly heldFactsBytes?: TelephonyOptions['heldFactsBytes'];
  /** Default: that of this version of the program. */
  readonly domain?: Domain | undefined;
  /** Where the worker role tells what changed; left out: nobody watches. */
  readonly fanout?: LiveFanout;
}

/** One process of Trunkline in the roles that it is told, on real storage. */
export class Engine {
  readonly database: Database;
  readonly apiKeys = new ApiKeyDirectoryFold();
  readonly tenants = new TenantDirectoryFold();
  readonly telephony: TelephonyRole | undefined;
  readonly worker: WorkerRole | undefined;
  readonly media: MediaRole | undefined;
  private readonly directories: LiveFoldRunner;
  private readonly erasures: Erasures;

  private constructor(
    readonly core: Core,
    readonly store: MeteredEventStore,
    readonly leases: LeaseBook,
    private readonly parts: EngineParts,
  ) {
    const { settings, storage, projections, connect, session, heldFactsBytes } = parts;
    this.database = storage.database;
    this.directories = new LiveFoldRunner(core, [this.apiKeys, this.tenants], { name: DIRECTORIES });
    this.erasures = new Erasures(core, settings.roles.includes('worker'), parts.fanout);
    const { rejectUnknownNumbers, mediaNodes, cdrSpool } = settings;
    this.telephony = settings.roles.includes('telephony') ? new TelephonyRole(core, { connect, rejectUnknownNumbers, heldFactsBytes, ...(session === undefined ? {} : { session }) }) : undefined;
    this.worker = settings.roles.includes('worker') ? new WorkerRole(core, new ProjectionStore(storage.database), projections, parts.fanout) : undefined;
    this.media = settings.roles.includes('media') ? new MediaRole(core, { objects: storage.objects, inbox: new PostgresCdrInbox(storage.database), mediaNodes, cdrSpool }) : undefined;
  }

  static async build(parts: EngineParts): Promise<Engine> {
    const { clock, random, alarms, storage } = parts;
    const { database, keyRing } = storage;
    const store = new MeteredEventStore(storage.store, monotonicMs);
    const leases = new LeaseBook(new PostgresLeases(database, clock), clock);
    const core = await buildCore({
      domain: parts.domain, clock, random, alarms, store, leases,
      keys: new PostgresSubjectKeys(database, keyRing, clock, random),
      snapshots: new PostgresSnapshots(database),
      checkpoints: new PostgresCheckpoints(database),
      parked: new PostgresParkedEvents(database),
      timers: new PostgresTimerStore(database),
    });
    return new Engine(core, store, leases, parts);
  }

  /** Resolves when the process does its work: state rebuilt, read models following, nodes being dialled. */
  async start(): Promise<void> {
    await this.core.reader.start();
    await this.directories.start();
    await this.directories.caughtUp();
    await this.erasures.start();
    await this.registerNodes(this.parts.settings.freeswitchNodes);
    // Callers first: read models that have much to catch up with would share the processor with what calls wait for.
    await this.telephony?.start();
    await this.worker?.start();
    await this.media?.start();
  }

  async stop(): Promise<void> {
    await this.telephony?.stop();
    await this.media?.stop();
    await this.worker?.stop();
    await this.erasures.stop();
    await this.directories.stop();
    await this.core.reader.stop();
  }

  /** How far read models and directories have come, wherever they run. */
  readonly progress: ProjectionProgress = {
    waitFor: (model, position, timeoutMs) => {
      const { reader, clock } = this.core;
      if (model === DIRECTORIES) return reader.waitFor(DIRECTORIES, position, timeoutMs);
      const here = this.worker?.engineOf(model);
      // Another program's version may be the one that is read.
      return here?.isShown(model) === true ? here.waitFor(model, position, timeoutMs) : waitForProjection(new ProjectionStore(this.database), clock, model, position, timeoutMs);
    },
  };

  /** Where calls of our own can start; none in a process without the telephony role. */
  readonly nodes: OriginationNodes = { choose: () => this.telephony?.media.choose() ?? Promise.resolve(undefined) };

  get roles(): readonly Role[] {
    return this.parts.settings.roles;
  }

  readinessChecks(): ReadinessCheck[] {
    return readinessOf(this);
  }

  /** Nodes that the environment names are registered, or configured where they were changed. */
  private async registerNodes(nodes: readonly NodeUrl[]): Promise<void> {
    const { dispatcher, executor, clock } = this.core;
    for (const settings of nodes) {
      const nodeId = settings.name;
      const stream = streamOf('node', nodeId);
      const { state } = await executor.load(mediaNodeDecider, stream);
      const at = isoTime(clock.now());
      const commandId = deterministicId('environment', nodeId, at);
      const meta = { commandId, tenantId: SYSTEM_TENANT, at, actor: { kind: 'system' as const, id: 'environment' }, correlationId: nodeId, causationId: commandId };
      await dispatcher.dispatch(stream, state.status === 'none' ? { type: 'RegisterMediaNode', data: { nodeId, settings }, meta } : { type: 'ConfigureMediaNode', data: { settings }, meta });
    }
  }
}
