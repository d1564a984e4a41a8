import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDbEventStore } from '../../src/platform/event-store/eventstoredb/eventstoredb.event-store.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { eventually } from '../support/engine.js';
import { EventStoreProcess } from '../support/eventstoredb-process.js';
import { pause } from '../support/fault-center.js';
import { FiguresWatch } from '../support/figures-watch.js';
import { MachineStalls } from '../support/machine-stalls.js';
import { Orders } from '../support/orders.js';
import { OwnPostgres } from '../support/own-postgres.js';
import { requestAt } from '../support/requests.js';
import { smallDisk } from '../support/small-disk.js';
import { SoakCenter, type SoakProcess } from '../support/soak-center.js';
import { StuckThings } from '../support/stuck.js';

const CALLS_PER_SECOND = Number(process.env['SOAK_CALLS_PER_SECOND'] ?? 50);
const AWAY_MS = Number(process.env['SOAK_AWAY_MS'] ?? 60_000);
/** A machine that others use too needs its time; whatever takes longer is stuck. */
const PATIENCE_MS = 120_000;
/** The dialplan sends on whom nobody took over within 10 s. */
const FALLBACK_MS = 10_000;
const RING_MS = 2_000;
const ORDER_EVERY_MS = 1_000;
const DISK_KIB = 1024 * 1024;
/** A process that is asked to hold 3,000 callers' facts must not need more, MiB. */
const MOST_MEMORY_MIB = 2_048;

const QUEUE = { ringTimeoutMs: RING_MS, maxWaitMs: 60_000 };
const FACTS = 'trunkline_internal_queue_depth{queue="facts"}';
const FACTS_LIMIT = 'trunkline_internal_queue_limit{queue="facts"}';
const NO_ANSWER = 'trunkline_append_unavailable_total';

describe('what the engine keeps things in is away for a while', () => {
  const closing: (() => unknown)[] = [];
  let center: SoakCenter;
  let engine: SoakProcess;
  let url: string;
  let figures: FiguresWatch;
  /** What the machine carries, as a part of CALLS_PER_SECOND. */
  let pace: number;
  /** Calls that were ordered. */
  const placed: string[] = [];

  afterEach(async () => {
    for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
  });

  const tell = (line: string): void => void process.stdout.write(`${line}\n`);

  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'trunkline-away-'));
    chmodSync(path, 0o755);
    closing.push(() => rmSync(path, { recursive: true, force: true }));
    return path;
  };

  const postgres = async (path: string, settings = {}): Promise<OwnPostgres> => {
    const server = await OwnPostgres.start(join(path, 'postgres'), settings);
    closing.push(() => server.stop());
    return server;
  };

  const open = async (options: Partial<Parameters<typeof SoakCenter.open>[0]>): Promise<void> => {
    center = await SoakCenter.open({ callsPerSecond: CALLS_PER_SECOND, agents: 5 * CALLS_PER_SECOND, queue: QUEUE, ...options });
    closing.push(() => center.close());
    engine = await center.start();
    url = await engine.running;
    await center.setUp();
    figures = new FiguresWatch(url, () => center.credentials());
    closing.push(() => figures.stop());
    await center.begin();
    const carried = await center.flowing();
    pace = center.simulation.callers.pace;
    tell(`${carried.toFixed(1)} calls/s are carried, ${center.talks()} talk`);
  };

  const order = { to: '+4930901820', from: '+493023125000' };

  interface Outage {
    readonly forMs: number;
    /** For the names of what is made meanwhile. */
    readonly name: string;
    /** Whether reports cannot be read either. */
    readonly reads?: boolean;
    /** Some orders may be carried out meanwhile. */
    readonly mayWork?: boolean;
    readonly back: () => unknown;
  }

  /** While it is away: orders are refused by rule, calls go on, and who comes is taken to the fallback. Then without anybody's help nothing is stuck, new callers are served, and what was refused is carried out once. */
  const outage = async (what: string, { forMs, name, reads = true, mayWork = false, back }: Outage): Promise<Orders> => {
    const from = systemClock.now();
    const before = center.simulation.callers.placed;
    center.simulation.callers.pace = pace;
    const stalls = new MachineStalls([process.pid, engine.pid]);
    closing.push(() => stalls.stop());
    figures.forget();
    const talked = center.live().filter(({ bridges }) => bridges.length > 0);
    const orders = new Orders(url, () => center.credentials(), name);
    const key = systemRandom.uuid();
    try {
      await pause(FALLBACK_MS / 2);
      orders.start(ORDER_EVERY_MS);
      await refused(mayWork, 'POST', '/v1/calls', order, key);
      if (reads) await refused(mayWork, 'GET', '/v1/call-history?from=2026-01-01T00:00:00Z');
      const ready = await requestAt(url)('GET', '/ready');
      if (!mayWork) expect([ready.status, JSON.stringify(ready.body)]).toEqual([503, expect.stringMatching(/database|event-store/)]);
      await pause(from + forMs - systemClock.now());
    } finally {
      await orders.stop();
      await back();
    }
    const returned = systemClock.now();
    const stranded = center.live().filter((call) => center.truth.outcomeOf(call) === 'open' && call.bridges.length === 0 && call.createdUs / 1_000 > from + 1_000 && returned - call.createdUs / 1_000 > FALLBACK_MS + 2_000 + stalls.longest());
    // Where there was room, some of them are in the queue.
    if (!mayWork) expect(stranded).toEqual([]);
    // Nobody who talked was cut off: they came to an end of their own.
    expect(talked.filter(({ endedBy, cause }) => endedBy === 'vanished' || cause === 'MANAGER_REQUEST')).toEqual([]);
    expect(orders.refused.filter(({ status, code, retryAfter }) => status !== 503 || !/unavailable/.test(code ?? '') || !(retryAfter > 0))).toEqual([]);
    expect(orders.refused.length).toBeGreaterThan(0);
    const slowest = Math.max(...orders.refused.map(({ ms }) => ms));
    tell(`${what}, meanwhile: ${center.simulation.callers.placed - before} callers came, ${orders.refused.length} of ${orders.answers.length} orders were refused (within ${slowest} ms), ${figures.most(FACTS)} of ${figures.most(FACTS_LIMIT)} facts were kept`);

    const stuck = new StuckThings(center.watch.log, center.truth, RING_MS);
    let found: readonly string[] = ['not looked yet'];
    while (found.length > 0 && systemClock.now() < returned + PATIENCE_MS) {
      await pause(200);
      // Whoever comes now is served as the machine can.
      found = await stuck.now(returned).catch((error: Error) => [error.message]);
    }
    const restMs = systemClock.now() - returned;
    expect(found.length === 0 ? [] : await explained(found)).toEqual([]);
    await center.flowing();
    const flowMs = systemClock.now() - returned;
    expect(await orders.broken(center.api, center.watch)).toEqual([]);
    const ask = () => center.api.ask('POST', '/v1/calls', { body: order, idempotencyKey: key });
    const [first, again] = [await ask(), await ask()];
    expect([first.status, again.status, again.body.callId]).toEqual([202, 202, first.body.callId]);
    placed.push(first.body.callId as string);
    await center.api.must('POST', `/v1/calls/${first.body.callId}/hang-up`, { body: {} });
    await eventually('it is ready', async () => (await requestAt(url)('GET', '/ready')).status === 200, PATIENCE_MS);
    const memoryMib = Math.round(figures.most('process_resident_memory_bytes') / 2 ** 20);
    tell(`${what}, back: at rest after ${restMs} ms, callers served as they come after ${flowMs} ms, longest turn ${Math.round(1_000 * figures.most('nodejs_eventloop_lag_max_seconds'))} ms, memory ${memoryMib} MiB, no processor for ${stalls.longest()} ms`);
    expect(memoryMib).toBeLessThan(MOST_MEMORY_MIB);
    return orders;
  };

  /** What cannot be done now is refused for the while, and told when to come again. `mayWork`: there may be room for it. */
  const refused = async (mayWork: boolean, method: string, path: string, body?: unknown, key = systemRandom.uuid()): Promise<void> => {
    const answer = await requestAt(url)(method, path, { headers: { ...center.credentials(), 'idempotency-key': key }, ...(body === undefined ? {} : { body }) });
    if (mayWork && answer.status < 300) return;
    expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 503, expect.stringMatching(/unavailable/)]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  };

  /** What is stuck, with the history of the first such call. */
  const explained = async (found: readonly string[]): Promise<string[]> => {
    const call = found.map((line) => /^call(?:er)? ([\w-]+)/.exec(line)?.[1]).find((id) => id !== undefined);
    const history = call === undefined ? [] : [...(await center.watch.historyOfFirst([`call-${call}`])), JSON.stringify(center.truth.legs.get(call))];
    const ready = await requestAt(url)('GET', '/ready');
    const complaints = center.complaints().map((line) => /"alarm":"([\w-]+)"/.exec(line)?.[1] ?? line.replace(/.*"method"/, '"method"').replace(/"ms".*/, '').slice(0, 300));
    const wait = [...new Set(complaints)].map((what) => `${complaints.filter((other) => other === what).length} x ${what}`);
    return [`${found.length} things are stuck`, ...found.slice(0, 5), ...history, JSON.stringify(await center.watch.gaps()), JSON.stringify(ready.body), ...wait];
  };

  const ends = async (): Promise<void> => {
    center.simulation.stopCalls();
    await center.over();
    const { outcomes } = center.truth.totals();
    tell(`${JSON.stringify({ calls: center.simulation.callers.placed, outcomes, cdrs: await center.cdrs(), gapsMs: (await center.watch.gaps()).map(({ from, to }) => to - from) })}`);
    // The simulator's truth does not know what we placed, and calls everybody stranded who ever heard the fallback, whatever came after.
    const beside = (line: string): boolean => placed.some((callId) => line.includes(`call ${callId}: has a CDR and never happened`)) || /: was stranded, its CDR says \w+/.test(line);
    expect((await center.broken()).filter((line) => !beside(line))).toEqual([]);
  };

  it('the database is silent, and later stopped: log, read models, leases and all', async () => {
    const server = await postgres(folder());
    await open({ pool: server.pool });
    server.freeze();
    await outage('database silent', { forMs: AWAY_MS, name: 'silent', back: () => server.thaw() });
    await server.stop();
    await outage('database stopped', { forMs: AWAY_MS / 2, name: 'stopped', back: () => server.startAgain() });
    await ends();
  });

  it('EventStoreDB is away: facts wait in memory, all of them, and no end is inferred', async () => {
    const eventStore = await EventStoreProcess.start();
    closing.push(() => eventStore.end());
    const store = new EventStoreDbEventStore({ connectionString: eventStore.connectionString, clock: systemClock, random: systemRandom });
    closing.push(() => store.close());
    await open({ store, env: { EVENTSTOREDB_URL: eventStore.connectionString } });
    const gaps = (await center.watch.gaps()).length;
    await eventStore.stop();
    await outage('EventStoreDB stopped', { forMs: AWAY_MS, name: 'store', reads: false, back: () => eventStore.restart() });
    expect(figures.most(FACTS)).toBeGreaterThan(0);
    expect(figures.most(FACTS)).toBeLessThan(figures.most(FACTS_LIMIT));
    await ends();
    const inferred = Object.keys(await center.cdrs()).filter((of) => of.startsWith('inferred'));
    // A machine that is too busy to renew leases opens gaps of its own.
    if ((await center.watch.gaps()).length > gaps) tell('a gap was opened: the machine was too busy');
    else expect(inferred).toEqual([]);
  });

  it('the disk of the database is full', async () => {
    const disks = smallDisk(DISK_KIB);
    if (disks === undefined) {
      tell('skipped: this user may not mount a small disk');
      return;
    }
    const disk = disks.mount();
    closing.push(() => disk.remove());
    chmodSync(disk.path, 0o755);
    const server = await postgres(disk.path, { max_wal_size: '64MB', min_wal_size: '32MB' });
    await open({ pool: server.pool });
    const ballast = join(disk.path, 'ballast');
    const fill = (): void => {
      const { bavail, bsize } = statfsSync(disk.path);
      try {
        writeFileSync(ballast, Buffer.alloc(Math.min(bavail * bsize, 64 * 1024 * 1024)), { flag: 'a' });
      } catch {
        // Full.
      }
    };
    const unanswered = figures.now(NO_ANSWER);
    for (let times = 0; times < DISK_KIB / 1024 && statfsSync(disk.path).bavail > 0; times += 1) fill();
    const filling = setInterval(fill, 500);
    closing.push(() => clearInterval(filling));
    const orders = await outage('disk full', {
      forMs: AWAY_MS / 2, name: 'full', mayWork: true,
      back: async () => {
        clearInterval(filling);
        rmSync(ballast, { force: true });
        tell(`the server ${server.isRunning ? 'runs' : 'has ended'}`);
        if (!server.isRunning) await server.startAgain();
      },
    });
    const noSpace = server.log().split('\n').filter((line) => /No space left on device/.test(line));
    const told = engine.log().split('\n').filter((line) => /No space left on device|"code":"53100"/.test(line));
    tell(`no room: said ${noSpace.length} times by the server (${noSpace[0]}), ${told.length} times by alarms, ${figures.now(NO_ANSWER) - unanswered} appends were not taken, ${orders.refused.length} orders refused`);
    expect(Math.min(noSpace.length, figures.now(NO_ANSWER) - unanswered)).toBeGreaterThan(0);
    await ends();
  });
});
