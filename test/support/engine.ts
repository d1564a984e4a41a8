import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { connectEsl } from '../../src/telephony/adapters/freeswitch/esl-client.js';
import type { CommandMeta } from '../../src/kernel/command.js';
import { isoTime } from '../../src/kernel/clock.js';
import { streamOf } from '../../src/kernel/streams.js';
import { Engine, type EngineParts } from '../../src/engine/engine.js';
import type { Storage } from '../../src/engine/storage.js';
import { PostgresEventStore } from '../../src/platform/event-store/postgres/postgres.event-store.js';
import { FolderObjectStorage } from '../../src/platform/object-storage/folder.object-storage.js';
import type { ObjectStorage } from '../../src/platform/object-storage/object-storage.port.js';
import { AlarmCounter } from '../../src/platform/observability/alarms.port.js';
import { Database } from '../../src/platform/postgres/database.js';
import { LEASE_MIGRATIONS } from '../../src/platform/postgres/leases.js';
import { runMigrations } from '../../src/platform/postgres/migrations.js';
import { PLATFORM_MIGRATIONS, PLATFORM_SCHEMA } from '../../src/platform/postgres/platform-schema.js';
import { ensureReaderRole } from '../../src/platform/postgres/row-level-security.js';
import { KeyRing } from '../../src/platform/privacy/key-wrapping.js';
import type { Projection } from '../../src/platform/subscriptions/projection.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { settingsFrom } from '../../src/settings.js';
import type { NodeUrl } from '../../src/platform/settings/node-urls.js';
import type { QueueSettings } from '../../src/routing/contract/routing-events.js';
import { freshDatabase } from './postgres.js';

const KEY = Buffer.alloc(32, 7);

/** The same for a process that is told by its environment. */
export const TEST_MASTER_KEY = KEY.toString('hex');

/** `logPool`: how the event log's own connections are made, where that is another way than the read models'. Recordings go into a folder that is removed at the end. */
export const openTestStorage = async (pool: pg.PoolConfig, logPool: pg.PoolConfig = pool, objects?: ObjectStorage): Promise<Storage> => {
  const folder = join(tmpdir(), `trunkline-objects-${systemRandom.uuid()}`);
  const database = new Database(pool, { maxConnections: 12 });
  await ensureReaderRole(database);
  await runMigrations(database, PLATFORM_SCHEMA, PLATFORM_MIGRATIONS);
  await runMigrations(database, 'leases', LEASE_MIGRATIONS);
  const store = new PostgresEventStore({ pool: logPool, clock: systemClock });
  await store.migrate();
  return {
    store, database, keyRing: new KeyRing(KEY), objects: objects ?? new FolderObjectStorage(folder, { clock: systemClock, random: systemRandom }),
    close: async () => {
      await rm(folder, { recursive: true, force: true });
      await store.close();
      await database.close();
    },
  };
};

export const queueSettings = (over: Partial<QueueSettings> = {}): QueueSettings => ({
  name: 'Sales', strategy: 'longest-idle-agent', answer: 'on-entry', music: null, priority: 5, maxWaitMs: 60_000, maxLength: null, overflow: { kind: 'hang-up' },
  ringTimeoutMs: 5_000, noAnswerDelayMs: 1_000, rejectDelayMs: 500, maxNoAnswer: null, wrapUpMs: 200, serviceLevelSeconds: 20, shortAbandonSeconds: 5, ...over,
});

export const nodeUrl = (port: number, over: Partial<NodeUrl> = {}): NodeUrl => ({
  name: 'fs1', host: '127.0.0.1', port, password: 'ClueCon', deviceAddress: 'user/{user}', trunkAddress: 'sofia/gateway/carrier/{number}', music: 'local_stream://moh', recordingsFolder: '/tmp', ...over,
});

export interface TestEngineOptions {
  readonly session?: NonNullable<EngineParts['session']>;
  readonly heldFactsBytes?: number;
  readonly logPool?: pg.PoolConfig;
  readonly alarms?: AlarmCounter;
  readonly objects?: ObjectStorage;
  readonly settings?: Partial<EngineParts['settings']>;
  readonly fanout?: NonNullable<EngineParts['fanout']>;
}

/** A whole engine on a database of its own. */
export class TestEngine {
  private commands = 0;

  private constructor(
    readonly engine: Engine,
    readonly storage: Storage,
    readonly alarms: AlarmCounter,
    private readonly drop: (() => Promise<void>) | undefined,
  ) {}

  static async start(nodes: readonly NodeUrl[], projections: readonly Projection[], pool?: pg.PoolConfig, options: TestEngineOptions = {}): Promise<TestEngine> {
    const fresh = pool === undefined ? await freshDatabase() : undefined;
    const storage = await openTestStorage(pool ?? fresh!.pool, options.logPool, options.objects);
    const alarms = options.alarms ?? new AlarmCounter();
    const settings = { ...settingsFrom({}), freeswitchNodes: nodes, ...options.settings };
    const engine = await Engine.build({ settings, clock: systemClock, random: systemRandom, alarms, storage, projections, connect: connectEsl, heldFactsBytes: options.heldFactsBytes, ...(options.session === undefined ? {} : { session: options.session }), ...(options.fanout === undefined ? {} : { fanout: options.fanout }) });
    await engine.start();
    return new TestEngine(engine, storage, alarms, fresh?.drop);
  }

  /** Issues a command as a person would, through the dispatcher. */
  send(category: string, id: string, type: string, data: unknown, tenantId = 'acme') {
    this.commands += 1;
    const commandId = systemRandom.uuid();
    const meta: CommandMeta = { commandId, tenantId, at: isoTime(systemClock.now()), actor: { kind: 'user', id: 'test' }, correlationId: commandId, causationId: commandId };
    return this.engine.core.dispatcher.dispatch(streamOf(category, id), { type, data, meta });
  }

  async stop(): Promise<void> {
    await this.engine.stop();
    await this.storage.close();
    await this.drop?.();
  }
}

/** Waits until `check` gives something other than undefined or false. */
export const eventually = async <T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>, ms = 15_000): Promise<T> => {
  const until = systemClock.now() + ms;
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (systemClock.now() > until) throw new Error(`${what} did not happen within ${ms} ms`);
    await new Promise((resolve) => void systemClock.after(10, () => resolve(undefined)));
  }
};
