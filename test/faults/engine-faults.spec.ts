import { msOf } from '../../src/kernel/clock.js';
import { eventually } from '../support/engine.js';
import { FaultCenter, type FaultCenterOptions, pause } from '../support/fault-center.js';
import { seededRandom } from '../support/seeded-random.js';
import { socketProxy } from '../support/socket-proxy.js';

const { seed } = seededRandom();

describe('the whole engine when something goes wrong', () => {
  let center: FaultCenter;

  const open = async (over: Partial<FaultCenterOptions> = {}): Promise<void> => {
    center = await FaultCenter.open({ seed, calls: 40, ...over });
  };

  afterEach(() => center.close());

  it('nothing does: everything holds, and nobody complains', async () => {
    await open();
    const { alarms } = await center.startEngine();
    await center.begin();
    await center.over();
    expect(await center.broken()).toEqual([]);
    expect([...alarms.counts]).toEqual([]);
  }, 60_000);

  it('the event socket is cut during calls and comes back after 2 s', async () => {
    await open();
    await center.startEngine();
    await center.begin();
    await center.talking(4);
    center.faults.refuseConnections(2_000);
    await center.over();
    expect(await center.broken()).toEqual([]);
    const gaps = await center.gaps();
    expect(gaps.length).toBeGreaterThanOrEqual(2);
    expect(await center.unmarked()).toEqual([]);
    const marked = await center.rows("SELECT 1 FROM call_history WHERE jsonb_array_length(gaps) > 0");
    expect(marked.length).toBeGreaterThan(3);
  }, 60_000);

  it.each([true, false])('the switch restarts during calls (orderly: %s): its calls end, new ones are served', async (orderly) => {
    await open();
    await center.startEngine();
    await center.begin();
    await center.talking(4);
    center.faults.restart({ orderly, downMs: 1_000 });
    await center.over();
    expect(await center.broken()).toEqual([]);
    expect(await center.events('MediaNodeRestarted')).toHaveLength(1);
  }, 60_000);

  it('channels are gone without a word while the connection stands: a comparison finds out', async () => {
    await open();
    await center.startEngine();
    await center.begin();
    await center.talking(4);
    const [caller, other] = center.truth.calls.filter((call) => call.endedUs === undefined && call.bridges.length > 0);
    const agent = other?.bridges[0]?.otherChannelId;
    expect(center.faults.endWithoutAWord(caller?.channelId ?? '')).toBe(true);
    expect(center.faults.endWithoutAWord(agent ?? '')).toBe(true);
    await center.over();
    expect(await center.broken()).toEqual([]);
    const inferred = (await center.events('LegEnded')).filter(({ data }) => (data as { confidence: string }).confidence === 'inferred').map(({ data }) => (data as { legId: string }).legId);
    expect(inferred).toEqual(expect.arrayContaining([caller?.channelId, agent]));
  }, 60_000);

  it('jobs are done and never answered', async () => {
    await open({ calls: 30 });
    await center.startEngine();
    await center.begin();
    let jobs = 0;
    center.faults.loseJobs(() => (jobs += 1) % 7 === 0);
    await center.over();
    expect(await center.broken()).toEqual([]);
  }, 90_000);

  it('events come twice and late', async () => {
    // Longer talks than delays: who hangs up before we hear of the bridge was, as far as we know, never connected.
    await open({ mix: { talk: { kind: 'uniform', leastMs: 40_000, mostMs: 70_000 } } });
    await center.startEngine();
    center.faults.troubleEvents({ delay: 0.1, delayMs: 400, duplicate: 0.3 });
    await center.begin();
    await center.over();
    expect(await center.broken()).toEqual([]);
  }, 60_000);

  it('callers who come while the engine is stopped are served with their true age when it is back', async () => {
    await open({ calls: 12, callsPerSecond: 4, mix: { patience: { kind: 'fixed', ms: 1_200_000 } } });
    const first = await center.startEngine();
    await center.compared();
    await center.stopEngine(first);
    center.startDesksLater();
    await center.placed(8);
    const waiting = center.truth.calls.filter((call) => call.endedUs === undefined).map(({ channelId }) => channelId);
    await center.startEngine();
    await center.over();
    expect(await center.broken()).toEqual([]);
    const entries = new Map((await center.events('CallEnqueued')).map(({ data }) => [(data as { legId: string }).legId, msOf((data as { waitingSince: string }).waitingSince)]));
    for (const channelId of waiting) expect(Math.abs((entries.get(channelId) ?? 0) - center.truth.legs.get(channelId)!.createdUs / 1000)).toBeLessThan(100);
  }, 60_000);

  it('the engine is killed during calls and started again', async () => {
    await open({ calls: 60 });
    const killed = await center.spawnEngine();
    await center.begin();
    await center.talking(5);
    await center.killEngine(killed);
    await pause(1_500);
    await center.spawnEngine();
    await center.over();
    expect(await center.broken()).toEqual([]);
  }, 90_000);

  it('the engine is killed while the event socket is cut: the gap that it leaves open is closed by the next one, and calls are offered again', async () => {
    await open({ calls: 60, callsPerSecond: 6 });
    const killed = await center.spawnEngine();
    await center.begin();
    await center.talking(4);
    center.faults.refuseConnections(3_000);
    await eventually('the gap is recorded', async () => (await center.gaps()).some(({ to }) => to === Infinity));
    await center.killEngine(killed);
    await center.spawnEngine();
    await center.compared();
    await center.over();
    expect(await center.broken()).toEqual([]);
    const [last] = (await center.gaps()).slice(-1);
    const offers = (await center.events('OfferMade')).filter(({ metadata }) => msOf(metadata.occurredAt) > last!.to);
    expect(offers.length).toBeGreaterThan(0);
  }, 90_000);

  it('one of two engines is killed: the other takes over the node, the router, processes and timers', async () => {
    await open({ calls: 60 });
    const killed = await center.spawnEngine();
    await center.compared();
    await center.startEngine();
    await center.begin();
    await center.talking(5);
    await center.killEngine(killed);
    await center.over();
    expect(await center.broken()).toEqual([]);
  }, 90_000);

  it('every connection to PostgreSQL is broken again and again during calls', async () => {
    await open();
    await center.startEngine();
    await center.begin();
    let broken = 0;
    for (let times = 0; times < 5; times += 1) {
      await center.placed(6 * (times + 1));
      broken += await center.cutEnginesFromPostgres();
    }
    expect(broken).toBeGreaterThan(10);
    await center.over();
    expect(await center.broken()).toEqual([]);
  }, 60_000);

  it('the event log is silent for longer than there is room for facts: who could not be kept is found by a comparison', async () => {
    await open({ calls: 120, callsPerSecond: 20, agents: 20 });
    const proxy = await socketProxy(center.pool);
    try {
      const engine = await center.startEngine({ logPool: proxy.pool, heldFactsBytes: 150 * 600 });
      await center.begin();
      await center.talking(4);
      proxy.freeze();
      await eventually('there is no more room', () => engine.alarms.last.some(({ code, message }) => code === 'media-node-gap' && message.includes('engine-away')));
      await pause(3_000);
      await proxy.restore();
      await center.over();
      expect(await center.broken()).toEqual([]);
      expect((await center.gaps()).length).toBeGreaterThan(1);
    } finally {
      await center.stopEngines();
      await proxy.close();
    }
  }, 60_000);

  it.each(['the event log', 'the whole database'])('%s is silent for 4 s during calls', async (what) => {
    await open();
    const proxy = await socketProxy(center.pool);
    try {
      await center.startEngine(what === 'the event log' ? { logPool: proxy.pool } : { pool: proxy.pool });
      await center.begin();
      await center.talking(4);
      proxy.freeze();
      await pause(4_000);
      await proxy.restore();
      await center.over();
      expect(await center.broken()).toEqual([]);
    } finally {
      await center.stopEngines();
      await proxy.close();
    }
  }, 60_000);
});
