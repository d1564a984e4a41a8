import type { RecordedEvent } from '../../src/kernel/event.js';
import { CallFloor, type Phone } from '../support/call-floor.js';
import { SeededRandom } from '../support/manual-clock.js';

/** No agent on two calls or reserved twice at a time; every offer ends once. */
const check = (events: readonly RecordedEvent[]): void => {
  const busy = new Map<string, string>();
  const open = new Map<string, string>();
  const onCall = new Map<string, number>();
  for (const event of events) {
    const { offerId, shiftId, agentId } = event.data as { offerId: string; shiftId: string; agentId: string };
    if (event.type === 'AgentReserved') {
      expect(busy.get(shiftId)).toBeUndefined();
      busy.set(shiftId, offerId);
    }
    if (event.type === 'AgentReleased' || event.type === 'AgentOnCall') {
      expect(busy.get(shiftId)).toBe(offerId);
      busy.delete(shiftId);
    }
    if (event.type === 'AgentOnCall' || event.type === 'AgentOffCall') {
      onCall.set(agentId, (onCall.get(agentId) ?? 0) + (event.type === 'AgentOnCall' ? 1 : -1));
      expect(onCall.get(agentId)).toBeLessThanOrEqual(1);
    }
    if (event.type === 'OfferMade') {
      expect([...open.values()]).not.toContain(event.stream);
      open.set(offerId, event.stream);
    }
    if (event.type === 'OfferAccepted' || event.type === 'OfferFailed' || event.type === 'OfferDeclined') {
      expect(open.delete(offerId)).toBe(true);
    }
  }
  expect([...busy]).toEqual([]);
  expect([...open]).toEqual([]);
  expect([...onCall.values()].every((count) => count === 0)).toBe(true);
};

const PHONES: readonly Phone[] = [
  { does: 'answer', afterMs: 900, talkMs: 8_000 }, { does: 'answer', afterMs: 3_000, talkMs: 20_000 }, { does: 'answer', afterMs: 19_900, talkMs: 4_000 }, { does: 'ring' }, { does: 'busy' }, { does: 'reject' }, { does: 'nothing' },
];

/** A random day: callers come and go, phones misbehave, agents pause, engines die. */
const day = async (seed: number, engines: 1 | 2, kills: boolean): Promise<CallFloor> => {
  const random = new SeededRandom(seed);
  const floor = new CallFloor(new SeededRandom(seed + 1));
  await floor.boot();
  if (engines === 2) await floor.boot('router');
  await floor.node();
  const agents = ['a1', 'a2', 'a3', 'a4'];
  await floor.queue('q1', { wrapUpMs: 2_000, rejectDelayMs: 1_000, noAnswerDelayMs: 5_000, maxNoAnswer: null }, agents);
  await floor.queue('q2', { wrapUpMs: 0, rejectDelayMs: 0, priority: 3 }, agents.slice(1));
  for (const agent of agents) await floor.signIn(agent, PHONES[random.below(2)]);
  const calls: string[] = [];
  for (let step = 0; step < 50; step += 1) {
    const what = random.next();
    if (what < 0.5) {
      const call = `c${calls.length}`;
      calls.push(call);
      await floor.call(call, random.next() < 0.5 ? 'q1' : 'q2', { ...(random.next() < 0.3 && { maxWaitMs: 15_000, overflowTo: 'q2' }), priority: 1 + random.below(5) });
    } else if (what < 0.65 && calls.length > 0) await floor.hangUp(calls[random.below(calls.length)]!).catch(() => undefined);
    else if (what < 0.8) floor.phones.set(agents[random.below(4)]!, PHONES[random.below(PHONES.length)]!);
    else if (what < 0.9) await floor.send(await floor.shiftOf(agents[random.below(4)]!), random.next() < 0.5 ? 'MakeAvailable' : 'PauseAgent', { reason: 'lunch', force: false });
    else if (kills) {
      await floor.engines[0]?.stop(random.next() < 0.5 ? 'killed' : 'in order');
      await floor.boot();
    }
    await floor.advance(random.below(4_000));
  }
  for (const agent of agents) floor.phones.set(agent, PHONES[0]!);
  for (const agent of agents) await floor.send(await floor.shiftOf(agent), 'MakeAvailable', {});
  await floor.advance(200_000, 50_000);
  for (const call of calls) expect((await floor.events(`call-${call}`)).at(-1)?.type).toMatch(/CallEnded|SwitchAction/);
  return floor;
};

describe('a random day', () => {
  it.each([1, 2, 3, 4])('with one engine, seed %i: every offer ends, nobody is on two calls, every call ends', async (seed) => check(await (await day(seed, 1, false)).everything()), 60_000);
  it.each([11, 12, 13])('with two routers at work, seed %i: one of them loses cleanly', async (seed) => check(await (await day(seed, 2, false)).everything()), 60_000);
  it.each([21, 22, 23])('with engines that are killed and started again, seed %i', async (seed) => check(await (await day(seed, 1, true)).everything()), 60_000);
  it('run twice with one engine, writes the same events', async () => {
    const shown = async (): Promise<string[]> => (await (await day(5, 1, false)).everything()).map(({ type, stream, metadata }) => `${metadata.occurredAt} ${stream} ${type}`);
    expect(await shown()).toEqual(await shown());
  }, 60_000);
});
