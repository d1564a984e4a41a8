import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { cdrDifferences } from '../../src/cli/compare-with-truth.js';
import { eventCatalog } from '../../src/engine/domain.js';
import type { Storage } from '../../src/engine/storage.js';
import { mapInParallel } from '../../src/kernel/parallel.js';
import { startEmbeddedPostgres } from '../../src/platform/embedded/embedded-postgres.js';
import type { EventStore } from '../../src/platform/event-store/event-store.port.js';
import { EventLog } from '../../src/platform/event-store/event-log.js';
import { PostgresSubjectKeys } from '../../src/platform/privacy/postgres-subject-keys.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import type { QueueSettings } from '../../src/routing/contract/routing-events.js';
import { type AgentDesk, type BehaviourMix, type CdrPoster, EslSocketServer, Simulation, type SwitchFaults, type Truth } from '../../src/simulator/index.js';
import { ApiPool } from './api-pool.js';
import { databaseUrlOf, type Ended, ensureBuilt, type SpawnedProgram, spawnProgram, trunkline } from './built-program.js';
import { eventually, openTestStorage, TEST_MASTER_KEY } from './engine.js';
import { type Gap, LogWatch } from './log-watch.js';
import { requestAt } from './requests.js';
import { seededRandom, type SeededRandom } from './seeded-random.js';
import { HURRIED, WatchedCenter } from './watched-center.js';

export interface SoakOptions {
  /** How many come in all; without it they come until `simulation.stopCalls()`. */
  readonly calls?: number;
  /** Calls in a second of the clock. */
  readonly callsPerSecond: number;
  readonly agents: number;
  /** How much faster than life people behave. */
  readonly speed?: number;
  readonly mix?: Partial<BehaviourMix>;
  readonly queue?: Partial<QueueSettings>;
  /** A database of the caller's own; without it an embedded PostgreSQL that keeps what it commits is started. */
  readonly pool?: pg.PoolConfig;
  /** Where the log is, if not in the database; the caller closes it. */
  readonly store?: EventStore;
  /** For every process, beside what the center sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** What posts the switch's own CDRs. */
  readonly cdrPoster?: CdrPoster;
}

/** The built program in a process of its own. */
export interface SoakProcess extends SpawnedProgram {
  readonly roles: string;
  /** Resolves with the API's address, empty without the api role, once it runs. */
  readonly running: Promise<string>;
  /** At once, without a word to anybody. */
  kill(): Promise<Ended>;
}

interface Place {
  readonly folder: string;
  readonly storage: Storage;
  readonly pool: pg.PoolConfig;
  readonly server: EslSocketServer;
  close(): Promise<void>;
}

/** By the switch alone: nobody talks on two calls at a time. */
const doubleTalks = (truth: Truth): string[] => {
  const phones = new Map<string, { readonly from: number; readonly to: number; readonly leg: string }[]>();
  for (const leg of truth.legs.values()) {
    if (leg.direction === 'inbound') continue;
    const talks = leg.bridges.map(({ fromUs, toUs = Infinity }) => ({ from: fromUs, to: toUs, leg: leg.channelId }));
    phones.set(leg.to, [...(phones.get(leg.to) ?? []), ...talks]);
  }
  return [...phones].flatMap(([phone, talks]) => {
    const inOrder = talks.sort((a, b) => a.from - b.from);
    return inOrder.flatMap((talk, index) => (index > 0 && talk.from < inOrder[index - 1]!.to && talk.leg !== inOrder[index - 1]!.leg ? [`phone ${phone} talks on ${talk.leg} and on ${inOrder[index - 1]!.leg} at a time`] : []));
  });
};

export const SOAK_TENANT = 'acme';
const NUMBER = '7000';
/** `SOAK_PACE=0.3` for a machine that cannot carry the calls that two cores of their own do. */
const PACE = Number(process.env['SOAK_PACE'] ?? 1);
/** Calls flow where for so long callers were served within so long. */
const FLOWS_FOR_MS = 6_000;
const SERVED_WITHIN_MS = 7_000;
/** So many of them come at the least, however slow the machine is. */
const LEAST_PACE = 0.1;
const ALL_ROLES = 'api,telephony,worker,media';

/** An agent waits for a caller for as long as it takes. */
const MIX: Partial<BehaviourMix> = { ...HURRIED, agentWaits: { kind: 'fixed', ms: 300_000 } };

/**
 * A call center on real time: a simulated switch with people on a real socket in this process, the built
 * program in as many processes as a soak starts, PostgreSQL, and everything that is asked by way of the API.
 */
export class SoakCenter extends WatchedCenter {
  protected readonly patienceMs = 60_000;
  readonly simulation: Simulation;
  readonly faults: SwitchFaults;
  readonly watch: LogWatch;
  readonly api: ApiPool;
  /** What agents wanted and was refused. */
  readonly refused: string[] = [];
  private readonly processes = new Set<SoakProcess>();
  private readonly agentIds = new Map<string, string>();
  private readonly ended: Ended[] = [];
  private key = '';
  private queueId = '';

  private constructor(
    private readonly place: Place,
    private readonly options: SoakOptions,
    readonly random: SeededRandom,
  ) {
    super();
    const { calls, callsPerSecond, agents, speed = 20, mix, cdrPoster } = options;
    const { storage, server } = place;
    const keys = new PostgresSubjectKeys(storage.database, storage.keyRing, systemClock, systemRandom);
    this.watch = new LogWatch(new EventLog(storage.store, eventCatalog(), keys), storage.database);
    this.api = new ApiPool(systemRandom, () => this.credentials());
    this.simulation = new Simulation({
      seed: random.seed, clock: systemClock, speed, ...(calls === undefined ? {} : { callsTotal: calls }), mix: { ...MIX, ...mix }, uuid: () => systemRandom.uuid(), settings: { heartbeatMs: 1_000 },
      numbers: [{ number: NUMBER, callsPerHour: (callsPerSecond * 3_600) / speed }],
      agents: Array.from({ length: agents }, (_, index) => ({ agentId: `agent-${index + 1}`, extension: String(1_001 + index) })),
      desk: this.desk(),
      onRefused: (agentId, deed, error) => void this.refused.push(`${agentId} ${deed}: ${error instanceof Error ? error.message : String(error)}`),
      ...(cdrPoster === undefined ? {} : { cdrPoster }),
    });
    this.simulation.callers.pace = PACE;
    this.faults = this.simulation.faults(server);
  }

  static async open(options: SoakOptions): Promise<SoakCenter> {
    const random = seededRandom();
    process.stdout.write(`seed ${random.seed}\n`);
    await ensureBuilt();
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-soak-'));
    chmodSync(folder, 0o755);
    const embedded = options.pool === undefined ? await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), clock: systemClock, settings: { max_connections: '300' } }) : undefined;
    const pool = options.pool ?? embedded!.pool();
    const opened = await openTestStorage(pool);
    const storage = options.store === undefined ? opened : { ...opened, store: options.store };
    const holder: { center: SoakCenter | undefined } = { center: undefined };
    const server = new EslSocketServer({ accept: (stream) => holder.center?.simulation.node.accept(stream) });
    await server.listen();
    const close = async (): Promise<void> => {
      await server.close();
      await storage.close();
      await embedded?.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    holder.center = new SoakCenter({ folder, storage, pool, server, close }, options, random);
    return holder.center;
  }

  /** A folder of this run, removed at the end. */
  get folder(): string {
    return this.place.folder;
  }

  /** What every process finds in its environment. */
  env(): Record<string, string> {
    const { folder, pool, server } = this.place;
    return {
      TRUNKLINE_DATA_DIR: join(folder, 'data'), TRUNKLINE_MASTER_KEY: TEST_MASTER_KEY, DATABASE_URL: databaseUrlOf(pool), FREESWITCH_NODES: `esl://:ClueCon@127.0.0.1:${server.port}/fs1?device=user/{user}&trunk=sofia/gateway/carrier/{number}`,
      TRUNKLINE_MEDIA_NODES: 'fs1', TRUNKLINE_REQUESTS_PER_MINUTE: '10000000', ...this.options.env,
    };
  }

  /** Headers of a request that is sent past `api`. */
  credentials(): Record<string, string> {
    return { authorization: `Bearer ${this.key}`, 'trunkline-tenant': SOAK_TENANT };
  }

  /** Starts a process; `running` tells when it runs. Requests go to it once it is ready. */
  spawn(roles = ALL_ROLES, { env = {}, program }: { readonly env?: Readonly<Record<string, string>>; readonly program?: readonly string[] } = {}): SoakProcess {
    const spawned = spawnProgram({ ...this.env(), TRUNKLINE_ROLES: roles, ...env }, program);
    const api = this.api;
    let url = '';
    const gone = async (signal: NodeJS.Signals): Promise<Ended> => {
      const ended = await spawned.stop(signal);
      api.remove(url);
      this.processes.delete(started);
      this.ended.push(ended);
      return ended;
    };
    const running = spawned.running.then((program) => {
      url = program.url;
      if (url !== '' && this.processes.has(started)) api.add(url);
      return url;
    });
    running.catch(() => undefined);
    const started: SoakProcess = { ...spawned, roles, running, stop: (signal = 'SIGTERM') => gone(signal), kill: () => gone('SIGKILL') };
    this.processes.add(started);
    return started;
  }

  /** Starts a process and waits until it runs. */
  async start(...args: Parameters<SoakCenter['spawn']>): Promise<SoakProcess> {
    const started = this.spawn(...args);
    await started.running;
    return started;
  }

  /** Tenant, queue, number and agents, by way of the API. */
  async setUp(): Promise<void> {
    const { agents, speed = 20, queue } = this.options;
    const { code, out, err } = await trunkline(['keys', 'create', '--operator'], this.env());
    if (code !== 0) throw new Error(err);
    this.key = out.trim();
    await eventually('the key opens', async () => this.api.ready().length > 0 && (await this.api.ask('GET', '/v1/nodes', { headers: { 'trunkline-tenant': 'system' } })).status === 200, 60_000);
    await this.api.must('POST', '/v1/tenants', { body: { tenantId: SOAK_TENANT, settings: { name: 'Acme', country: 'US', timeZone: 'UTC' } }, headers: { 'trunkline-tenant': 'system' } });
    const knowsTenant = async (url: string): Promise<boolean> => (await requestAt(url)('GET', '/v1/queues', { headers: this.credentials() })).status === 200;
    await eventually('every API process knows the tenant', async () => (await Promise.all(this.api.ready().map(knowsTenant))).every((knows) => knows), 60_000);
    const settings = { name: 'Sales', maxWaitMs: 60_000, ringTimeoutMs: 2_000, noAnswerDelayMs: 500, rejectDelayMs: 500, maxNoAnswer: null, wrapUpMs: Math.round(20_000 / speed), ...queue };
    this.queueId = (await this.api.must('POST', '/v1/queues', { body: { settings } }))['queueId']!;
    await this.api.must('POST', '/v1/numbers', { body: { number: NUMBER, destination: { kind: 'queue', queueId: this.queueId } } });
    await mapInParallel(Array.from({ length: agents }, (_, index) => index), 8, async (index) => {
      const { agentId } = await this.api.must<{ agentId: string }>('POST', '/v1/agents', { body: { settings: { displayName: `Agent ${index + 1}`, deviceUser: String(1_001 + index) } } });
      await this.api.must('PUT', `/v1/queues/${this.queueId}/members/${agentId}`, { body: { level: 1, position: index + 1 } });
      this.agentIds.set(`agent-${index + 1}`, agentId);
    });
  }

  /** Agents sign in and calls begin, once a process has compared the switch. */
  async begin(): Promise<void> {
    await this.compared();
    await this.simulation.start();
  }

  /** Resolves when callers are served as they come; where this machine does not carry so many, fewer come from then on. Returns how many in a second of the clock. */
  async flowing(): Promise<number> {
    const { callers } = this.simulation;
    for (;;) {
      const last = callers.pace <= LEAST_PACE;
      const from = systemClock.now();
      const serves = (): boolean => systemClock.now() > from + FLOWS_FOR_MS && this.talks() > 0 && !this.live().some((call) => call.bridges.length === 0 && call.createdUs / 1_000 < systemClock.now() - SERVED_WITHIN_MS);
      if (await eventually('callers are served as they come', serves, last ? 2 * this.patienceMs : 3 * FLOWS_FOR_MS).then(() => true, () => false)) return this.options.callsPerSecond * callers.pace;
      if (last) break;
      callers.pace = Math.max(LEAST_PACE, callers.pace / 2);
    }
    throw new Error(['not even a few callers are served', JSON.stringify(this.truth.totals().outcomes), ...this.refused.slice(0, 3), ...this.complaints()].join('\n'));
  }

  /** Everything that does not hold, `trunkline verify` included, one line each. */
  async broken(): Promise<string[]> {
    const broken = await this.brokenRules({ database: this.watch.database, projections: [], tenantId: SOAK_TENANT });
    const { code, out, err } = await trunkline(['verify'], this.env());
    return [...broken, ...doubleTalks(this.truth), ...(await this.misreported(await this.watch.gaps())), ...(code === 0 ? [] : [`trunkline verify ended with ${code}: ${out}${err}`])];
  }

  /** CDRs that claim to have seen all and say something else than what was. A hold or a leg that began and ended while nobody listened is in no event. */
  private async misreported(gaps: readonly Gap[]): Promise<string[]> {
    const differences = (await cdrDifferences(this.watch.database, SOAK_TENANT, this.truth)).filter(({ confidence }) => confidence === 'seen');
    const unheardHold = (callId: string): boolean => {
      const caller = this.truth.legs.get(callId);
      const holds = caller === undefined ? [] : [caller, ...this.truth.legsOf(caller)].flatMap((leg) => leg.holds);
      return holds.some((hold) => gaps.some(({ from, to }) => hold.fromUs / 1000 < to && (hold.toUs ?? Infinity) / 1000 > from));
    };
    const unheardLeg = (what: string): boolean => {
      const leg = this.truth.legs.get(/^leg (\S+) is not in the CDR$/.exec(what)?.[1] ?? '');
      return leg !== undefined && gaps.some(({ from, to }) => leg.createdUs / 1000 >= from && (leg.endedUs ?? Infinity) / 1000 <= to);
    };
    return differences.filter(({ callId, what }) => !(/: holds was/.test(what) && unheardHold(callId)) && !unheardLeg(what)).map(({ callId, what }) => `call ${callId}: ${what}, and the CDR claims to have seen it`);
  }

  /** Warnings and errors that the processes wrote, living or not, the last ones. */
  complaints(): string[] {
    const texts = [...this.ended.map(({ out, err }) => `${out}${err}`), ...[...this.processes].map((each) => each.log())];
    return texts.flatMap((text) => text.split('\n').filter((line) => line !== '' && !/"level":(10|20|30),/.test(line))).slice(-100);
  }

  /** CDRs by how well they are known and what became of the call. */
  async cdrs(): Promise<Record<string, number>> {
    const rows = await this.watch.rows<{ of: string; calls: number }>(`SELECT confidence || ' ' || coalesce(disposition, 'open') AS of, count(*)::int AS calls FROM call_history GROUP BY 1 ORDER BY 1`);
    return Object.fromEntries(rows.map(({ of, calls }) => [of, calls]));
  }

  async close(): Promise<void> {
    this.simulation.stop();
    this.api.close();
    await Promise.all([...this.processes].map((each) => each.kill()));
    await this.place.close();
  }

  private desk(): AgentDesk {
    const at = async (agentId: string, deed: string, body: unknown = {}): Promise<void> => void (await this.api.must('POST', `/v1/agents/${this.agentIds.get(agentId)}/${deed}`, { body }));
    return {
      signIn: (agentId) => at(agentId, 'sign-in'),
      makeAvailable: (agentId) => at(agentId, 'available'),
      pause: (agentId, reason) => at(agentId, 'pause', { reason }),
      endWrapUp: (agentId) => at(agentId, 'end-wrap-up'),
      signOut: (agentId) => at(agentId, 'sign-out'),
    };
  }
}
