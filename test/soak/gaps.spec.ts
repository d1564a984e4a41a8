import { msOf } from '../../src/kernel/clock.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import type { EngineProcess } from '../support/engine-process.js';
import { eventually } from '../support/engine.js';
import { FaultCenter, pause } from '../support/fault-center.js';
import { MachineStalls } from '../support/machine-stalls.js';
import { seededRandom } from '../support/seeded-random.js';
import { StuckThings } from '../support/stuck.js';

const { seed } = seededRandom();

const LIVE = 200;
const CUT_MS = 30_000;
const REST_MS = 10_000;
/** The dialplan that ships with the engine sends a caller on whom nobody took over. */
const FALLBACK_MS = 10_000;

const second = (n: number): number => n * 1_000;

/** People at life's own speed; talks are short, so that many end while nobody listens. */
const MIX = {
  patience: { kind: 'uniform', leastMs: second(60), mostMs: second(120) },
  talk: { kind: 'uniform', leastMs: second(15), mostMs: second(45) },
  holdFor: { kind: 'uniform', leastMs: second(3), mostMs: second(12) },
  ringFor: { kind: 'uniform', leastMs: 500, mostMs: second(3) },
  agentWaits: { kind: 'fixed', ms: second(20) },
  endsWrapUpEarly: 0,
  pauseEvery: { kind: 'exponential', meanMs: second(36_000) },
} as const;

/**
 * One call center through three breaks, one after the other, each under its full load; what was recorded is
 * compared with the truth at the end of all.
 */
describe('a call center of which nothing can be heard for a while', () => {
  let center: FaultCenter;
  let engine: EngineProcess;
  let stuck: StuckThings;

  beforeAll(async () => {
    center = await FaultCenter.open({ seed, calls: 100_000, agents: 230, speed: 1, callsPerSecond: 11, mix: MIX, queue: { ringTimeoutMs: 6_000, maxWaitMs: 120_000 } });
    stuck = new StuckThings(center.log, center.truth, 6_000);
    engine = await center.spawnEngine();
    await center.begin();
  });

  afterAll(() => center.close());

  /** From now on until nothing is stuck: in time, but for what the machine kept us from running. */
  const comesToRest = async (what: string, figures: Readonly<Record<string, number>>): Promise<void> => {
    const from = systemClock.now();
    const stalls = new MachineStalls([process.pid, engine.pid]);
    let found = await stuck.now();
    while (found.length > 0 && systemClock.now() < from + 6 * REST_MS) {
      await pause(100);
      found = await stuck.now();
    }
    const restMs = systemClock.now() - from;
    const stalledMs = stalls.longest();
    stalls.stop();
    tell(what, { ...figures, restMs, stalledMs });
    expect(found).toEqual([]);
    expect(restMs).toBeLessThan(REST_MS + stalledMs);
  };

  const tell = (what: string, figures: Readonly<Record<string, number>>): void => void process.stdout.write(`${what}: ${Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value)}`).join(', ')}\n`);

  it('200 calls talk and the event socket is cut for 30 s: 10 s after it is back nobody is stuck', async () => {
    await center.talking(LIVE, 120_000);
    const talks = center.talks();
    center.faults.refuseConnections(CUT_MS);
    await pause(CUT_MS);
    await center.connected();
    await comesToRest('cut for 30 s', { talks });
  });

  it('200 calls talk and the switch is restarted: 10 s after it is back nobody is stuck, and new callers are served', async () => {
    await center.talking(LIVE, 120_000);
    const talks = center.talks();
    center.faults.restart({ orderly: false, downMs: 5_000 });
    await pause(5_000);
    await center.connected();
    await comesToRest('switch restarted', { talks });
    await center.talking(20, 60_000);
    expect(await center.events('MediaNodeRestarted')).toHaveLength(1);
  });

  it('the engine is killed and callers arrive: none is left parked, and those still there are served with their true age', async () => {
    await center.talking(LIVE / 2, 120_000);
    const placed = center.simulation.callers.placed;
    const killedUs = systemClock.now() * 1_000;
    await center.killEngine(engine);
    await center.placed(placed + 20);
    await pause(FALLBACK_MS + second(4));
    const arrived = center.truth.calls.filter(({ createdUs }) => createdUs > killedUs);
    const left = arrived.filter((call) => call.endedUs === undefined && systemClock.now() - call.createdUs / 1_000 > FALLBACK_MS + 1_000 && !center.isInFallback(call));
    expect(left).toEqual([]);
    expect(arrived.length).toBeGreaterThanOrEqual(20);
    engine = await center.spawnEngine();
    await center.connected();
    const waiting = center.truth.calls.filter((call) => call.createdUs > killedUs && call.endedUs === undefined && !center.isInFallback(call)).map(({ channelId }) => channelId);
    await comesToRest('engine killed', { arrived: arrived.length, toFallback: arrived.filter((call) => center.isInFallback(call)).length, waiting: waiting.length });
    expect(waiting.length).toBeGreaterThan(0);
    const since = new Map((await center.events('CallEnqueued')).map(({ data }) => [(data as { legId: string }).legId, msOf((data as { waitingSince: string }).waitingSince)]));
    for (const channelId of waiting) {
      const leg = center.truth.legs.get(channelId)!;
      if (!center.isInFallback(leg) && leg.endedUs === undefined) expect(Math.abs((since.get(channelId) ?? 0) - leg.createdUs / 1_000)).toBeLessThan(100);
    }
  });

  it('every call, agent and CDR is as it truly was, and what was not seen says so', async () => {
    center.simulation.stopCalls();
    await center.over(240_000);
    expect(await center.broken()).toEqual([]);
    const marked = await center.rows<{ calls: number; legs: number; widest: number; unmarked: number }>(`SELECT count(DISTINCT l.call_id)::int AS calls, count(*)::int AS legs,
      (extract(epoch FROM max(l.latest_end_at - l.earliest_end_at)) * 1000)::int AS widest, (count(*) FILTER (WHERE c.confidence <> 'inferred'))::int AS unmarked
      FROM call_history_legs l JOIN call_history c USING (tenant_id, call_id) WHERE l.confidence = 'inferred'`);
    tell('inferred', marked[0]!);
    expect(marked[0]!.calls).toBeGreaterThan(LIVE);
    expect(marked[0]!.unmarked).toBe(0);
    expect(await center.unmarked()).toEqual([]);
  });

  it('the gaps are listed with their cause and what was found', async () => {
    const gaps = await center.rows<{ cause: string; ends_inferred: number; callers_admitted: number; to_at: Date | null }>('SELECT cause, ends_inferred, callers_admitted, to_at FROM media_node_gaps ORDER BY from_at');
    await eventually('all are closed', () => gaps.every(({ to_at }) => to_at !== null));
    process.stdout.write(`${gaps.map((gap) => JSON.stringify(gap)).join('\n')}\n`);
    expect(gaps.length).toBeGreaterThanOrEqual(4);
  });
});
