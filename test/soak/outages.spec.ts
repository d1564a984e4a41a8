import { mkdtempSync, rmSync, statfsSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDbEventStore } from '../../src/platform/event-store/eventstoredb/eventstoredb.event-store.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { eventually } from '../support/engine.js';
import { EventStoreStandIn } from '../support/eventstoredb-stand-in.js';
import { pause } from '../support/fault-center.js';
import { MachineStalls } from '../support/machine-stalls.js';
import { OwnPostgres } from '../support/own-postgres.js';
import { requestAt } from '../support/requests.js';
import { smallDisk } from '../support/small-disk.js';
import { SoakCenter } from '../support/soak-center.js';
import { StuckThings } from '../support/stuck.js';

/** What the engine, the simulator and PostgreSQL carry together on two cores that others use too. */
const CALLS_PER_SECOND = Number(process.env['SOAK_CALLS_PER_SECOND'] ?? 8);
const AWAY_MS = Number(process.env['SOAK_AWAY_MS'] ?? 60_000);
const REST_MS = 10_000;
/** The dialplan sends on whom nobody took over within 10 s. */
const FALLBACK_MS = 10_000;
const RING_MS = 2_000;
const DISK_KIB = 700 * 1024;

const QUEUE = { ringTimeoutMs: RING_MS, maxWaitMs: 60_000 };

describe('what the engine keeps things in is away for a while', () => {
  const closing: (() => unknown)[] = [];
  let center: SoakCenter;
  let url: string;
  let pid: number;
  /** Under which a call is ordered while nothing can be recorded. */
  let orderKey: string;
  /** Calls that were ordered. */
  const placed: string[] = [];

  afterEach(async () => {
    for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
  });

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

  const open = async ({ callsPerSecond = CALLS_PER_SECOND, ...options }: Partial<Parameters<typeof SoakCenter.open>[0]>): Promise<void> => {
    center = await SoakCenter.open({ callsPerSecond, agents: 5 * callsPerSecond, queue: QUEUE, ...options });
    closing.push(() => center.close());
    const engine = await center.start();
    pid = engine.pid;
    url = await engine.running;
    await center.setUp();
    await center.begin();
    await center.talking(callsPerSecond).catch(async (error: Error) => {
      throw new Error([error.message, JSON.stringify(center.truth.totals().outcomes), ...center.refused.slice(0, 3), ...(await explained(await new StuckThings(center.watch.log, center.truth, RING_MS).now()))].join('\n'));
    });
  };

  /** An order that cannot be carried out now is refused for the while, soon, and told when to come again. `mayWork`: there may be room for it. */
  const refused = async (mayWork: boolean, method: string, path: string, body?: unknown, key = systemRandom.uuid()): Promise<void> => {
    const answer = await requestAt(url)(method, path, { headers: { ...center.credentials(), 'idempotency-key': key }, ...(body === undefined ? {} : { body }) });
    if (mayWork && answer.status < 300) return;
    expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 503, expect.stringMatching(/unavailable/)]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  };

  const order = { to: '+4930901820', from: '+493023125000' };

  /** While it is away: orders are refused by rule, calls go on, and who comes is taken to the fallback. */
  const meanwhile = async (ms: number, { reads = true, mayWork = false } = {}): Promise<void> => {
    const from = systemClock.now();
    orderKey = systemRandom.uuid();
    const stalls = new MachineStalls([process.pid, pid]);
    const talked = center.truth.calls.filter((call) => call.endedUs === undefined && call.bridges.length > 0);
    await pause(FALLBACK_MS / 2);
    const asked = systemClock.now();
    await refused(mayWork, 'POST', '/v1/calls', order, orderKey);
    await refused(mayWork, 'POST', '/v1/queues', { settings: { name: `Other ${asked}` } });
    if (reads) await refused(mayWork, 'GET', '/v1/call-history?from=2026-01-01T00:00:00Z');
    const answeredMs = systemClock.now() - asked;
    const ready = await requestAt(url)('GET', '/ready');
    if (!mayWork) expect([ready.status, JSON.stringify(ready.body)]).toEqual([503, expect.stringMatching(/database|event-store/)]);
    await pause(from + ms - systemClock.now());
    const stranded = center.truth.calls.filter((call) => call.endedUs === undefined && center.truth.outcomeOf(call) === 'open' && call.createdUs / 1_000 > from + 1_000 && systemClock.now() - call.createdUs / 1_000 > FALLBACK_MS + 2_000);
    // Where there was room, some of them are in the queue.
    if (!mayWork) expect(stranded).toEqual([]);
    // Nobody who talked was cut off: they came to an end of their own.
    expect(talked.filter(({ endedBy, cause }) => endedBy === 'vanished' || cause === 'MANAGER_REQUEST')).toEqual([]);
    stdout(`meanwhile: refused in ${answeredMs} ms (three orders), placed ${center.simulation.callers.placed}, in the fallback ${center.truth.totals().outcomes.stranded}, stalled ${stalls.longest()} ms`);
    stalls.stop();
  };

  const stdout = (line: string): void => void process.stdout.write(`${line}\n`);

  /** It is back: without anybody's help nothing is stuck soon after, new callers are served, and an order that was refused is carried out once. */
  const recovers = async (what: string): Promise<void> => {
    const from = systemClock.now();
    const stalls = new MachineStalls([process.pid, pid]);
    const stuck = new StuckThings(center.watch.log, center.truth, RING_MS);
    let found: readonly string[] = ['not looked yet'];
    while (found.length > 0 && systemClock.now() < from + 6 * REST_MS) {
      await pause(200);
      found = await stuck.now().catch((error: Error) => [error.message]);
    }
    const restMs = systemClock.now() - from;
    const stalledMs = stalls.longest();
    stalls.stop();
    stdout(`${what}: at rest ${restMs} ms after it was back, stalled ${stalledMs} ms`);
    expect(found.length === 0 ? [] : await explained(found)).toEqual([]);
    expect(restMs).toBeLessThan(REST_MS + stalledMs);
    await eventually('new callers are served', () => center.talks() >= 2, 60_000);
    const ask = () => center.api.ask('POST', '/v1/calls', { body: order, idempotencyKey: orderKey });
    const [first, again] = [await ask(), await ask()];
    expect([first.status, again.status, again.body.callId]).toEqual([202, 202, first.body.callId]);
    placed.push(first.body.callId as string);
    await center.api.must('POST', `/v1/calls/${first.body.callId}/hang-up`, { body: {} });
    await eventually('it is ready', async () => (await requestAt(url)('GET', '/ready')).status === 200, 10_000);
  };

  /** What is stuck, with the history of the first such call. */
  const explained = async (found: readonly string[]): Promise<string[]> => {
    const call = found.map((line) => /^call(?:er)? ([\w-]+)/.exec(line)?.[1]).find((id) => id !== undefined);
    const history = call === undefined ? [] : [...(await center.watch.historyOfFirst([`call-${call}`])), JSON.stringify(center.truth.legs.get(call))];
    const ready = await requestAt(url)('GET', '/ready');
    const complaints = center.complaints().map((line) => /"alarm":"([\w-]+)"/.exec(line)?.[1] ?? line.slice(0, 300));
    const wait = [...new Set(complaints)].map((what) => `${complaints.filter((other) => other === what).length} x ${what}`);
    return [`${found.length} things are stuck`, ...found.slice(0, 5), ...history, JSON.stringify(await center.watch.gaps()), JSON.stringify(ready.body), ...wait];
  };

  const ends = async (): Promise<void> => {
    center.simulation.stopCalls();
    await center.over();
    const { outcomes } = center.truth.totals();
    stdout(`${JSON.stringify({ calls: center.simulation.callers.placed, outcomes, cdrs: await center.cdrs() })}`);
    stdout(`gaps: ${JSON.stringify((await center.watch.gaps()).map(({ from, to }) => to - from))}`);
    // The simulator's truth does not know what we placed, and calls everybody stranded who ever heard the fallback, whatever came after.
    const beside = (line: string): boolean => placed.some((callId) => line.includes(`call ${callId}: has a CDR and never happened`)) || /: was stranded, its CDR says \w+/.test(line);
    expect((await center.broken()).filter((line) => !beside(line))).toEqual([]);
  };

  it('the database is silent, and later stopped: log, read models, leases and all', async () => {
    const server = await postgres(folder());
    await open({ pool: server.pool });
    server.freeze();
    await meanwhile(AWAY_MS).finally(() => server.thaw());
    await recovers('database frozen');
    await server.stop();
    await meanwhile(AWAY_MS / 2).finally(() => server.startAgain());
    await recovers('database stopped');
    await ends();
  });

  it('EventStoreDB is away: facts wait in memory and no end is inferred', async () => {
    const standIn = await EventStoreStandIn.start();
    closing.push(() => standIn.stop());
    const store = new EventStoreDbEventStore({ connectionString: standIn.connectionString, clock: systemClock, random: systemRandom });
    closing.push(() => store.close());
    // The stand-in shares this process with the simulator.
    const callsPerSecond = Math.ceil(CALLS_PER_SECOND / 2);
    await open({ store, env: { EVENTSTOREDB_URL: standIn.connectionString }, callsPerSecond });
    await standIn.stop();
    await meanwhile(AWAY_MS, { reads: false }).finally(() => standIn.restart());
    await recovers('EventStoreDB stopped');
    await ends();
    const gaps = await center.watch.gaps();
    const inferred = Object.keys(await center.cdrs()).filter((of) => of.startsWith('inferred'));
    // A machine that is too busy to renew leases opens gaps of its own.
    if (gaps.length === 1) expect(inferred).toEqual([]);
    else stdout(`${gaps.length} gaps: the machine was too busy`);
  });

  it('the disk of the database is full', async () => {
    const disks = smallDisk(DISK_KIB);
    if (disks === undefined) {
      stdout('skipped: this user may not mount a small disk');
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
    for (let times = 0; times < DISK_KIB / 1024 && statfsSync(disk.path).bavail > 0; times += 1) fill();
    const filling = setInterval(fill, 500);
    await meanwhile(AWAY_MS / 2, { mayWork: true }).finally(async () => {
      clearInterval(filling);
      rmSync(ballast, { force: true });
      stdout(`the server ${server.isRunning ? 'runs' : 'has ended'}`);
      if (!server.isRunning) await server.startAgain();
    });
    await recovers('disk full');
    await ends();
  });
});
