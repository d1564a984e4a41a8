import type pg from 'pg';
import { readModels } from '../../projections/read-models.js';
import { DECIDERS, eventCatalog } from '../../src/engine/domain.js';
import { isoTime, sleep } from '../../src/kernel/clock.js';
import type { CommandMeta } from '../../src/kernel/command.js';
import { shiftIdOf, streamOf } from '../../src/kernel/streams.js';
import { CommandDispatcher } from '../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../src/platform/event-store/command-executor.js';
import { EventLog } from '../../src/platform/event-store/event-log.js';
import { PostgresSubjectKeys } from '../../src/platform/privacy/postgres-subject-keys.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { agentShiftDecider } from '../../src/routing/agents/domain/agent-shift.decider.js';
import type { QueueSettings } from '../../src/routing/contract/routing-events.js';
import { type AgentDesk, type BehaviourMix, EslSocketServer, Simulation, type SwitchFaults, type TrueLeg } from '../../src/simulator/index.js';
import type { Storage } from '../../src/engine/storage.js';
import { eventually, nodeUrl, openTestStorage, queueSettings, TestEngine, type TestEngineOptions } from './engine.js';
import { EngineProcess } from './engine-process.js';
import { type Gap, LogWatch } from './log-watch.js';
import { type FreshDatabase, freshDatabase } from './postgres.js';
import { HURRIED, WatchedCenter } from './watched-center.js';

export interface FaultCenterOptions {
  readonly seed: number;
  readonly calls: number;
  readonly agents?: number;
  /** How much faster than life people behave. */
  readonly speed?: number;
  /** Calls in a second of the clock. */
  readonly callsPerSecond?: number;
  readonly mix?: Partial<BehaviourMix>;
  readonly queue?: Partial<QueueSettings>;
}

const TENANT = 'acme';
const QUEUE = 'sales';
const NUMBER = '+15550199';
const HEARTBEAT_MS = 1_000;
const ENGINE = 'an engine';

/** How a session is set up where a second is a long time. */
const SESSION: NonNullable<TestEngineOptions['session']> = { heartbeatIntervalMs: HEARTBEAT_MS, redialMs: { first: 50, longest: 500 }, connectTimeoutMs: 1_000, replyTimeoutMs: 3_000 };

/** Hardly anybody pauses. */
const MIX: Partial<BehaviourMix> = { ...HURRIED, pauseEvery: { kind: 'exponential', meanMs: 3_600_000 } };

/**
 * A call center in which things go wrong: a simulated switch on a real socket, callers and agents that
 * behave, and engines on one database that come and go while the people do not.
 */
export class FaultCenter extends WatchedCenter {
  protected readonly patienceMs = 15_000;
  readonly simulation: Simulation;
  readonly faults: SwitchFaults;
  readonly log: EventLog;
  private readonly engines = new Set<TestEngine | EngineProcess>();
  readonly watch: LogWatch;
  private readonly executor: CommandExecutor;
  private readonly dispatcher: CommandDispatcher;

  private constructor(
    private readonly fresh: FreshDatabase,
    private readonly storage: Storage,
    private readonly server: EslSocketServer,
    door: { simulation: Simulation | undefined },
    options: FaultCenterOptions,
  ) {
    super();
    const { seed, calls, agents = 10, speed = 60, callsPerSecond = 10, mix } = options;
    this.log = new EventLog(storage.store, eventCatalog(), new PostgresSubjectKeys(storage.database, storage.keyRing, systemClock, systemRandom));
    this.watch = new LogWatch(this.log, storage.database);
    this.executor = new CommandExecutor(this.log);
    this.dispatcher = new CommandDispatcher(this.executor, DECIDERS);
    this.simulation = new Simulation({
      seed, clock: systemClock, speed, callsTotal: calls, mix: { ...MIX, ...mix }, settings: { heartbeatMs: HEARTBEAT_MS }, uuid: () => systemRandom.uuid(),
      numbers: [{ number: NUMBER, callsPerHour: (callsPerSecond * 3_600) / speed }],
      agents: Array.from({ length: agents }, (_, index) => ({ agentId: `agent-${index + 1}`, extension: `10${String(index + 1).padStart(2, '0')}` })),
      desk: this.desk(),
    });
    door.simulation = this.simulation;
    this.faults = this.simulation.faults(server);
  }

  static async open(options: FaultCenterOptions): Promise<FaultCenter> {
    process.stdout.write(`seed ${options.seed}\n`);
    const door: { simulation: Simulation | undefined } = { simulation: undefined };
    const server = new EslSocketServer({ accept: (stream) => door.simulation?.node.accept(stream) });
    await server.listen();
    const fresh = await freshDatabase();
    const center = new FaultCenter(fresh, await openTestStorage(fresh.pool), server, door, options);
    await center.setUp(options);
    return center;
  }

  /** How engines connect; the test itself has connections of another name. */
  get pool(): pg.PoolConfig {
    return { ...this.fresh.pool, application_name: ENGINE };
  }

  /** The engine in this process, with all that it complains of. */
  async startEngine({ pool = this.pool, ...options }: TestEngineOptions & { readonly pool?: pg.PoolConfig } = {}): Promise<TestEngine> {
    const engine = await TestEngine.start([nodeUrl(this.server.port)], readModels, pool, { session: SESSION, ...options });
    this.engines.add(engine);
    return engine;
  }

  /** An engine in a process of its own. */
  async spawnEngine(): Promise<EngineProcess> {
    const engine = await EngineProcess.start({ pool: this.pool, nodes: [nodeUrl(this.server.port)], session: SESSION });
    this.engines.add(engine);
    return engine;
  }

  async stopEngine(engine: TestEngine | EngineProcess): Promise<void> {
    this.engines.delete(engine);
    await engine.stop();
  }

  async stopEngines(): Promise<void> {
    await Promise.all([...this.engines].map((engine) => this.stopEngine(engine)));
  }

  async killEngine(engine: EngineProcess): Promise<void> {
    this.engines.delete(engine);
    await engine.kill();
  }

  /** Agents sign in and calls begin, once an engine takes them. */
  async begin(): Promise<void> {
    await this.compared();
    await this.simulation.start();
  }

  /** Calls begin at once; the agents sign in when an engine is there to let them. */
  startDesksLater(): void {
    this.simulation.startCalls();
    void this.simulation.desks?.open();
  }

  /** Resolves when an engine has connected to the switch, both its sockets being there. */
  async connected(ms = 20_000): Promise<void> {
    await eventually('an engine connects to the switch', () => this.simulation.node.sessions.size >= 2, ms);
  }

  /** Whether the dialplan has taken the caller to the fallback. */
  isInFallback(call: TrueLeg): boolean {
    return this.truth.outcomeOf(call) === 'stranded';
  }

  /** What the engines that run complain of. */
  complaints(): string[] {
    return [...this.engines].flatMap((engine) => (engine instanceof EngineProcess ? engine.alarms : engine.alarms.last.map(({ code, message, error }) => `${code}: ${message} ${error instanceof Error ? (error.stack ?? error.message) : ''}`)));
  }

  /** Everything that does not hold, one line each. */
  broken(): Promise<string[]> {
    return this.brokenRules({ database: this.storage.database, projections: readModels, tenantId: TENANT });
  }

  /** When events of the switch may have been missed. */
  gaps(): Promise<Gap[]> {
    return this.watch.gaps();
  }

  /** Breaks every connection that an engine has to PostgreSQL; returns how many. */
  async cutEnginesFromPostgres(): Promise<number> {
    return (await this.rows('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1', [ENGINE])).length;
  }

  /** Events of one type, decoded. */
  events(type: string) {
    return this.watch.events(type);
  }

  /** Calls that went through a gap of their node and do not say so. */
  async unmarked(): Promise<string[]> {
    const rows = await this.rows<{ call_id: string }>(`SELECT c.call_id FROM call_history c JOIN media_node_gaps g ON g.node_id = c.node_id AND c.started_at < g.to_at - interval '1 s' AND c.ended_at > g.to_at + interval '1 s'
      WHERE NOT c.gaps @> jsonb_build_array(jsonb_build_object('gapId', g.gap_id)) UNION SELECT call_id FROM call_history WHERE confidence = 'inferred' AND gaps = '[]'`);
    return rows.map(({ call_id }) => call_id);
  }

  /** A statement on the read models. */
  rows<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.watch.rows<Row>(sql, values);
  }

  send(category: string, id: string, type: string, data: unknown) {
    const commandId = systemRandom.uuid();
    const meta: CommandMeta = { commandId, tenantId: TENANT, at: isoTime(systemClock.now()), actor: { kind: 'user', id: 'test' }, correlationId: commandId, causationId: commandId };
    return this.dispatcher.dispatch(streamOf(category, id), { type, data, meta });
  }

  async close(): Promise<void> {
    this.simulation.stop();
    await Promise.all([...this.engines].map((engine) => engine.stop().catch(() => undefined)));
    await this.server.close();
    await this.storage.close();
    await this.fresh.drop();
  }

  private async setUp({ agents = 10, queue }: FaultCenterOptions): Promise<void> {
    await this.send('queue', QUEUE, 'CreateQueue', { queueId: QUEUE, settings: queueSettings({ ringTimeoutMs: 2_000, noAnswerDelayMs: 200, rejectDelayMs: 200, ...queue }) });
    await this.send('number', 'n1', 'AssignNumber', { numberId: 'n1', number: NUMBER, destination: { kind: 'queue', queueId: QUEUE } });
    for (let index = 1; index <= agents; index += 1) {
      const agentId = `agent-${index}`;
      await this.send('agent', agentId, 'CreateAgent', { agentId, settings: { displayName: `Agent ${index}`, deviceUser: `10${String(index).padStart(2, '0')}`, address: null } });
      await this.send('queue', QUEUE, 'JoinQueue', { agentId, level: 1, position: index });
    }
  }

  private desk(): AgentDesk {
    const shift = (agentId: string): string => shiftIdOf(agentId, 1);
    const toShift = async (agentId: string, type: string, data: unknown): Promise<void> => void (await this.send('agentShift', shift(agentId), type, data));
    return {
      signIn: async (agentId) => {
        await this.send('agent', agentId, 'StartShift', {});
        await eventually('the shift opens', async () => (await this.executor.load(agentShiftDecider, streamOf('agentShift', shift(agentId)))).state.status === 'open');
      },
      makeAvailable: (agentId) => toShift(agentId, 'MakeAvailable', {}),
      pause: (agentId, reason) => toShift(agentId, 'PauseAgent', { reason, force: false }),
      endWrapUp: (agentId) => toShift(agentId, 'EndWrapUp', { segmentId: null, by: 'agent' }),
      signOut: (agentId) => toShift(agentId, 'SignOutAgent', { force: false }),
    };
  }
}

export const pause = (ms: number): Promise<void> => sleep(systemClock, ms);
