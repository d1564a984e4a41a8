import { AgentDesks, type AgentDesk } from '../../../src/simulator/behaviour/agent-desk.js';
import { AgentPhones } from '../../../src/simulator/behaviour/agent-phones.js';
import { CallScripts } from '../../../src/simulator/behaviour/call-scripts.js';
import { drawSpan, exponential, logNormal, pick } from '../../../src/simulator/behaviour/chance.js';
import { ORDINARY_DAY, showcase } from '../../../src/simulator/behaviour/mix.js';
import { SeededRandom } from '../../../src/simulator/seeded-random.js';
import { Simulation } from '../../../src/simulator/simulation.js';
import { VirtualClock } from '../../../src/simulator/virtual-clock.js';

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe('chance', () => {
  const random = new SeededRandom('chance');
  const mean = (draw: () => number): number => Array.from({ length: 20_000 }, draw).reduce((a, b) => a + b, 0) / 20_000;

  it('has the means that it says', () => {
    expect(mean(() => exponential(random, 100)) / 100).toBeCloseTo(1, 1);
    expect(mean(() => logNormal(random, 100, 0.5)) / (100 * Math.exp(0.125))).toBeCloseTo(1, 1);
    expect(mean(() => drawSpan(random, { kind: 'uniform', leastMs: 10, mostMs: 30 })) / 20).toBeCloseTo(1, 1);
    expect(drawSpan(random, { kind: 'fixed', ms: 7 })).toBe(7);
    expect(mean(() => (pick(random, { a: 3, b: 1 }) === 'a' ? 1 : 0))).toBeCloseTo(0.75, 1);
  });

  it('a UUID is one of version 4, and forks do not shift each other', () => {
    for (let i = 0; i < 200; i++) expect(random.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const [one, two] = [new SeededRandom(1).fork('a'), new SeededRandom(1).fork('a')];
    expect(one.uuid()).toBe(two.uuid());
    expect(new SeededRandom(1).fork('b').uuid()).not.toBe(two.uuid());
  });
});

describe('the virtual clock', () => {
  it('runs timers by their time, equal ones in the order given, and none that was cancelled', () => {
    const clock = new VirtualClock(1_000);
    const ran: string[] = [];
    const note = (name: string) => (): void => void ran.push(`${name}@${clock.now()}`);
    for (const [ms, name] of [[30, 'c'], [10, 'a'], [10, 'b'], [0.4, 'first']] as const) clock.after(ms, note(name));
    clock.after(20, note('cancelled')).cancel();
    clock.after(10, () => clock.after(0, note('nested')));
    clock.advance(100);
    expect(ran).toEqual(['first@1001', 'a@1010', 'b@1010', 'nested@1010', 'c@1030']);
    expect([clock.now(), clock.nextDue, clock.step()]).toEqual([1_100, undefined, false]);
  });
});

describe('arrivals', () => {
  it('follow the hours of the day', () => {
    const clock = new VirtualClock(Date.UTC(2026, 10, 22, 0, 0, 0));
    const callsPerHour = Array.from({ length: 24 }, (_, hour) => (hour >= 8 && hour < 18 ? 60 : 0));
    const simulation = new Simulation({ seed: 3, clock, numbers: [{ number: '+49301', callsPerHour }], agents: [], durationMs: 24 * 3_600_000, mix: { patience: { kind: 'fixed', ms: 1_000 } } });
    simulation.startCalls();
    clock.advance(24 * 3_600_000);
    const hours = simulation.truth.calls.map((call) => Math.floor(call.createdUs / 3.6e9) % 24);
    expect(hours.filter((hour) => hour < 8 || hour >= 18)).toEqual([]);
    expect(hours.length).toBeGreaterThan(520);
    expect(hours.length).toBeLessThan(680);
    expect(simulation.truth.totals().outcomes.abandoned).toBe(hours.length);
  });

  it('the showcase places its calls within some ninety seconds', () => {
    const clock = new VirtualClock(Date.UTC(2026, 10, 22, 0, 0, 0));
    const simulation = new Simulation({ seed: 3, clock, agents: [], callsTotal: 1_000, ...showcase(['+49301', '+49302']) });
    simulation.startCalls();
    clock.advance(110_000);
    expect(simulation.truth.totals()).toMatchObject({ calls: 1_000, outcomes: { open: 0 } });
    expect(new Set(simulation.truth.calls.map((call) => call.to)).size).toBe(2);
  });
});

describe('agents', () => {
  const agents = [{ agentId: 'a1', extension: '1001' }, { agentId: 'a2', extension: '1002' }];

  it('sign in, pause and come back, end a wrap-up early, sign out; a refusal is reported', async () => {
    const clock = new VirtualClock(0);
    const deeds: string[] = [];
    const deed = (name: string) => (agentId: string): Promise<void> => {
      deeds.push(`${name} ${agentId}`);
      return name === 'pause' && agentId === 'a2' ? Promise.reject(new Error('reserved')) : Promise.resolve();
    };
    const desk: AgentDesk = { signIn: deed('signIn'), makeAvailable: deed('makeAvailable'), pause: deed('pause'), endWrapUp: deed('endWrapUp'), signOut: deed('signOut') };
    const refused: string[] = [];
    const mix = { ...ORDINARY_DAY, pauseEvery: { kind: 'fixed' as const, ms: 10_000 }, pauseFor: { kind: 'fixed' as const, ms: 2_000 }, endsWrapUpEarly: 1, wrapUp: { kind: 'fixed' as const, ms: 500 } };
    const desks = new AgentDesks({ clock, random: new SeededRandom(1), desk, agents, mix, speed: 10, onRefused: (agentId, what) => void refused.push(`${what} ${agentId}`) });
    await desks.open();
    expect(deeds).toEqual(['signIn a1', 'makeAvailable a1', 'signIn a2', 'makeAvailable a2']);
    desks.contactOver('1001');
    clock.advance(50);
    await settle();
    expect(deeds.at(-1)).toBe('endWrapUp a1');
    clock.advance(950);
    await settle();
    clock.advance(200);
    await settle();
    expect(deeds.slice(5)).toEqual(['pause a1', 'pause a2', 'makeAvailable a1']);
    expect(refused).toEqual(['pause a2']);
    await desks.close();
    clock.advance(100_000);
    expect(deeds.slice(8)).toEqual(['signOut a1', 'signOut a2']);
  });

  it('a telephone that is in a call is busy for a second one', () => {
    const clock = new VirtualClock(0);
    const random = new SeededRandom(1);
    const mix = { ...ORDINARY_DAY, phone: { answers: 1, busy: 0, 'no-answer': 0, refuses: 0, unreachable: 0 } };
    const phones = new AgentPhones({ clock, random, scripts: new CallScripts(random, mix, 1), extensions: ['1001'], mix, speed: 1 });
    const ring = (): string[] => {
      const heard: string[] = [];
      const dialled = phones.dial('1001');
      if (dialled.kind !== 'telephone') throw new Error('no telephone');
      const line = { channelId: 'x', alive: true, ring: () => void heard.push('ring'), earlyMedia: () => undefined, answer: () => void heard.push('answer'), refuse: (status: number) => void heard.push(String(status)), hangUp: () => undefined, hold: () => undefined, resume: () => undefined, press: () => undefined, refer: () => undefined };
      dialled.farEnd.invited!(line);
      return heard;
    };
    const [first, second] = [ring(), ring()];
    clock.advance(60_000);
    expect([first, second]).toEqual([['ring', 'answer'], ['486']]);
    expect(phones.dial('9999')).toEqual({ kind: 'nothing', cause: 'SUBSCRIBER_ABSENT' });
  });
});
