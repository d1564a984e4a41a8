import { createHash } from 'node:crypto';
import { SeededRandom } from '../../../src/simulator/seeded-random.js';
import { Simulation, type SimulationOptions } from '../../../src/simulator/simulation.js';
import { inMemoryConnection } from '../../../src/simulator/switch/esl/in-memory-connection.js';
import type { SwitchCdr } from '../../../src/simulator/switch/cdr-poster.port.js';
import { VirtualClock } from '../../../src/simulator/virtual-clock.js';
import { SimulatedClient } from '../../support/simulated-node.js';
import { SmallRouter } from '../../support/small-router.js';

const AGENTS = Array.from({ length: 12 }, (_, i) => ({ agentId: `agent-${i + 1}`, extension: String(1001 + i) }));
const NUMBERS = [
  { number: '+4930555010', callsPerHour: 100 },
  { number: '+4930555020', callsPerHour: 80 },
];

/** What an engine listens to. */
const USED = 'CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_PARK CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_HANGUP_COMPLETE BACKGROUND_JOB';

/** A whole call center on a virtual clock: the simulation, one connection, a small router. */
const run = (options: Partial<SimulationOptions> = {}, router: { takeOver?: boolean } | null = {}, events = USED) => {
  const clock = new VirtualClock(Date.UTC(2026, 10, 22, 8, 0, 0));
  const cdrs: SwitchCdr[] = [];
  const simulation = new Simulation({ seed: 1, clock, numbers: NUMBERS, agents: AGENTS, callsTotal: 150, cdrPoster: { post: (cdr) => void cdrs.push(cdr) }, ...options });
  const [near, far] = inMemoryConnection(clock);
  const client = new SimulatedClient(near);
  simulation.node.accept(far);
  client.send('auth ClueCon');
  client.send(`event json ${events}`);
  if (router) {
    const small = new SmallRouter(client, new SeededRandom('router'), AGENTS.map((agent) => agent.extension), router);
    client.onEvent = (event) => small.onEvent(event);
  }
  let done = false;
  simulation.whenDone(() => {
    done = true;
  });
  simulation.startCalls();
  const limit = clock.now() + 24 * 3_600_000;
  while (!done && clock.step(limit));
  simulation.stop();
  const hash = createHash('sha256');
  for (const bytes of client.raw) hash.update(bytes);
  return { simulation, client, cdrs, done, clock, hash: hash.digest('hex') };
};

describe('a simulated call center on a virtual clock', () => {
  const shared = run();

  it('comes to its own end: every call has exactly one, and no channel is left', () => {
    const { simulation, done } = shared;
    expect(done).toBe(true);
    const totals = simulation.truth.totals();
    expect(totals.calls).toBe(150);
    expect(totals.outcomes.open + totals.offers.open).toBe(0);
    expect(simulation.node.channels.size).toBe(0);
    expect(Object.values(totals.outcomes).reduce((a, b) => a + b, 0)).toBe(150);
  });

  it('has calls of every kind', () => {
    const totals = shared.simulation.truth.totals();
    expect(totals.outcomes.answered).toBeGreaterThan(60);
    expect(totals.outcomes.abandoned).toBeGreaterThan(0);
    expect(totals.outcomes.stranded).toBe(0);
    for (const offer of ['answered', 'busy', 'no-answer', 'refused', 'cancelled'] as const) expect([offer, totals.offers[offer] > 0]).toEqual([offer, true]);
    expect(totals.transferredCalls).toBeGreaterThan(0);
    expect(totals.heldCalls).toBeGreaterThan(0);
    expect(totals.bridgedMs).toBeGreaterThan(totals.holdMs);
  });

  it('no agent is ever in two calls', () => {
    const bridges = [...shared.simulation.truth.legs.values()].filter((leg) => leg.direction === 'outbound').flatMap((leg) => leg.bridges.map((bridge) => ({ agent: leg.to, ...bridge })));
    for (const agent of AGENTS) {
      const own = bridges.filter((bridge) => bridge.agent === agent.extension).sort((a, b) => a.fromUs - b.fromUs);
      for (let i = 1; i < own.length; i++) expect(own[i]!.fromUs).toBeGreaterThanOrEqual(own[i - 1]!.toUs!);
    }
  });

  it('the events tell the truth: what a subscriber heard agrees leg by leg', () => {
    const { simulation, client } = shared;
    const ended = client.events.filter((event) => event.name === 'CHANNEL_HANGUP_COMPLETE');
    expect(ended.length).toBe(simulation.truth.legs.size);
    for (const event of ended) {
      const leg = simulation.truth.legs.get(event.headers['Unique-ID']!)!;
      expect(event.headers['Hangup-Cause']).toBe(leg.cause);
      expect(Number(event.headers['Caller-Channel-Answered-Time'])).toBe(leg.answeredUs ?? 0);
      expect(Number(event.headers['Caller-Channel-Hangup-Time'])).toBe(leg.endedUs);
      const byFarEnd = /^recv_/.test(event.headers['variable_sip_hangup_disposition'] ?? '');
      expect([leg.channelId, byFarEnd ? 'far-end' : 'switch']).toEqual([leg.channelId, leg.endedBy]);
    }
    const bridges = client.events.filter((event) => event.name === 'CHANNEL_BRIDGE');
    expect(bridges.length).toBe(client.events.filter((event) => event.name === 'CHANNEL_UNBRIDGE').length);
    for (const event of bridges) {
      const leg = simulation.truth.legs.get(event.headers['Bridge-A-Unique-ID']!)!;
      expect(leg.bridges.map((bridge) => [bridge.otherChannelId, bridge.fromUs])).toContainEqual([event.headers['Bridge-B-Unique-ID'], Number(event.headers['Event-Date-Timestamp'])]);
    }
  });

  it('each leg has one CDR of the switch, and it says the same', () => {
    const { simulation, cdrs } = shared;
    expect(cdrs.length).toBe(simulation.truth.legs.size);
    for (const cdr of cdrs) {
      const body = JSON.parse(cdr.body) as { variables: Record<string, string>; callflow: { times: Record<string, string> }[] };
      const leg = simulation.truth.legs.get(cdr.uuid)!;
      expect(body.variables['hangup_cause']).toBe(leg.cause);
      expect(Number(body.variables['end_uepoch'])).toBe(leg.endedUs);
      expect(Number(body.callflow[0]!.times['answered_time'])).toBe(leg.answeredUs ?? 0);
    }
  });

  it('one seed gives the same bytes, another seed gives others', () => {
    const hash = (seed: number): string => run({ callsTotal: 20, seed }, {}, 'all').hash;
    const first = hash(1);
    expect(hash(1)).toBe(first);
    expect(hash(2)).not.toBe(first);
  });

  it('callers whom nobody takes over end in the fallback', () => {
    const { simulation } = run({ callsTotal: 20, mix: { patience: { kind: 'fixed', ms: 600_000 } } }, null);
    expect(simulation.truth.totals().outcomes.stranded).toBe(20);
  });

  it('a caller who was taken over is not sent to the fallback, one who was not is', () => {
    const patient = { callsTotal: 20, mix: { patience: { kind: 'fixed' as const, ms: 600_000 }, phone: { answers: 0, busy: 0, 'no-answer': 1, refuses: 0, unreachable: 0 } } };
    expect(run({ ...patient, mix: { ...patient.mix, patience: { kind: 'fixed', ms: 60_000 } } }).simulation.truth.totals().outcomes.stranded).toBe(0);
    expect(run(patient, { takeOver: false }).simulation.truth.totals().outcomes.stranded).toBe(20);
  });

  it('refuses a speed that is none', () => {
    expect(() => run({ speed: 0 })).toThrow('speed is 0: it must be greater than 0');
  });
});
