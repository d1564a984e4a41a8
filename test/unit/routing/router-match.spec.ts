import fc from 'fast-check';
import { nextOffers } from '../../../src/routing/offers/match.js';
import { RouterState } from '../../../src/routing/offers/router-state.js';
import { byIdleTime, byTurn } from '../../../src/routing/offers/routing-view.js';
import { inSeconds, NOW } from '../../support/decider-spec.js';
import { RoutingLog } from '../../support/routing-events.js';

const now = Date.parse(NOW);
const pairs = (state: RouterState, at = now): [string, string][] => nextOffers(state, at).offers.map(({ caller, agentId }) => [caller.segmentId, agentId]);

const log = (): RoutingLog => new RoutingLog();

describe('matching', () => {
  it('offers the longest waiting caller to the longest idle agent', () => {
    const state = log().queue('sales').member('sales', 'ann').member('sales', 'bob').available('ann', -60).available('bob', -90).enqueue('c2', 'sales', -10).enqueue('c1', 'sales', -20).fold();
    expect(pairs(state)).toEqual([['s-c1', 'bob'], ['s-c2', 'ann']]);
  });

  it('tells who could have had the caller, and by which key', () => {
    const state = log().queue('sales').member('sales', 'ann').member('sales', 'bob', 1, 2).available('ann', -60).available('bob', -90).enqueue('c1', 'sales', -20).fold();
    const [plan] = nextOffers(state, now).offers;
    expect(plan).toMatchObject({ shiftId: 'bob+1', strategy: 'longest-idle-agent', ringTimeoutMs: 20_000, wrapUpMs: 30_000, backOff: { noAnswerDelayMs: 30_000, rejectDelayMs: 10_000, maxNoAnswer: 3 } });
    expect(plan?.candidates).toEqual([{ agentId: 'bob', key: `1/${inSeconds(-90)}/2` }, { agentId: 'ann', key: `1/${inSeconds(-60)}/1` }]);
  });

  it('serves a lower priority number first, and the order of entry among equals', () => {
    const base = log().queue('sales').member('sales', 'ann').available('ann', -60);
    expect(pairs(base.enqueue('c1', 'sales', -20, 5).enqueue('c2', 'sales', -1, 2).fold())).toEqual([['s-c2', 'ann']]);
    expect(pairs(log().queue('sales').member('sales', 'ann').available('ann', -60).enqueue('z', 'sales', -5).enqueue('a', 'sales', -5).fold())).toEqual([['s-z', 'ann']]);
  });

  it('takes the lowest level first, then position among the equally idle', () => {
    const state = log().queue('sales').member('sales', 'ann', 2, 1).member('sales', 'bob', 1, 9).member('sales', 'cid', 1, 3)
      .available('ann', -999).available('bob', -60).available('cid', -60).enqueue('c1', 'sales', -3).enqueue('c2', 'sales', -2).enqueue('c3', 'sales', -1).fold();
    expect(pairs(state)).toEqual([['s-c1', 'cid'], ['s-c2', 'bob'], ['s-c3', 'ann']]);
  });

  it('gives an agent of two queues to the caller whose turn it is', () => {
    const state = log().queue('sales').queue('help').member('sales', 'ann').member('help', 'ann').available('ann', -60).enqueue('c1', 'sales', -5).enqueue('c2', 'help', -9).fold();
    expect(pairs(state)).toEqual([['s-c2', 'ann']]);
  });

  it('a queue with nobody to serve holds up no other', () => {
    const state = log().queue('sales').queue('help').member('help', 'ann').available('ann', -60).enqueue('c1', 'sales', -50).enqueue('c2', 'help', -9).fold();
    expect(pairs(state)).toEqual([['s-c2', 'ann']]);
  });

  it('leaves an agent alone until ready, and says when that is', () => {
    const state = log().queue('sales').member('sales', 'ann').available('ann', -60).missed('ann', 30).enqueue('c1', 'sales', -5).fold();
    expect(nextOffers(state, now)).toEqual({ offers: [], wakeAt: now + 30_000 });
    expect(pairs(state, now + 30_000)).toEqual([['s-c1', 'ann']]);
  });

  it('keeps tenants apart', () => {
    expect(pairs(log().queue('sales').member('sales', 'ann').of('other').available('ann', -60).of('acme').enqueue('c1', 'sales', -5).fold())).toEqual([]);
    expect(pairs(log().queue('sales').member('sales', 'ann').available('ann', -60).of('other').enqueue('c1', 'sales', -5).fold())).toEqual([]);
  });

  it('waits while a node’s channels are not known', () => {
    const gap = log().queue('sales').member('sales', 'ann').available('ann', -60).enqueue('c1', 'sales', -5).gap('node-1', true);
    expect(pairs(gap.fold())).toEqual([]);
    expect(pairs(gap.gap('node-1', false).fold())).toEqual([['s-c1', 'ann']]);
  });

  it('offers nobody who has an offer open, and nobody pledged to one', () => {
    const offered = log().queue('sales').member('sales', 'ann').member('sales', 'bob').available('ann', -60).available('bob', -30).enqueue('c1', 'sales', -5).enqueue('c2', 'sales', -4).offer('c1', 'o1', 'ann');
    expect(pairs(offered.fold())).toEqual([['s-c2', 'bob']]);
    expect(pairs(offered.declined('c1', 'o1', 'ann').fold())).toEqual([['s-c1', 'ann'], ['s-c2', 'bob']]);
  });

  it('holds both sides of an offer on its way', () => {
    const state = log().queue('sales').member('sales', 'ann').member('sales', 'bob').available('ann', -60).available('bob', -30).enqueue('c1', 'sales', -5).enqueue('c2', 'sales', -4).fold();
    state.hold('o1', 's-c1', 'ann');
    expect(pairs(state)).toEqual([['s-c2', 'bob']]);
    state.unholdAgent('o1');
    expect(pairs(state)).toEqual([['s-c2', 'ann']]);
    state.unhold('o1');
    expect(pairs(state)).toEqual([['s-c1', 'ann'], ['s-c2', 'bob']]);
  });

  it('a member who leaves, pauses or signs out is not offered', () => {
    const base = () => log().queue('sales').member('sales', 'ann').available('ann', -60).enqueue('c1', 'sales', -5);
    expect(pairs(base().left('sales', 'ann').fold())).toEqual([]);
    expect(pairs(base().shift('ann', 'AgentPaused', { reason: 'lunch' }).fold())).toEqual([]);
    expect(pairs(base().shift('ann', 'AgentSignedOut', { shiftNumber: 1, signedInAt: NOW, idleSince: NOW, noAnswerCount: 0 }).fold())).toEqual([]);
  });
});

/** A long, mixed history; each step depends on nothing, so that any order of them is a history. */
const AGENTS = ['a1', 'a2', 'a3', 'a4', 'a5'];
const QUEUES = ['q1', 'q2', 'q3'];
const CALLS = Array.from({ length: 12 }, (_, i) => `c${i}`);
const step: fc.Arbitrary<(target: RoutingLog) => void> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...CALLS), fc.constantFrom(...QUEUES), fc.integer({ min: -30, max: 0 }), fc.integer({ min: 1, max: 3 })).map(([call, queue, since, priority]) => (to: RoutingLog) => void to.enqueue(call, queue, since, priority)) },
  { weight: 2, arbitrary: fc.constantFrom(...CALLS).map((call) => (to: RoutingLog) => void to.ended(call)) },
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...AGENTS), fc.integer({ min: -30, max: 0 })).map(([agent, since]) => (to: RoutingLog) => void to.available(agent, since)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...AGENTS), fc.integer({ min: -5, max: 30 })).map(([agent, ready]) => (to: RoutingLog) => void to.missed(agent, ready)) },
  { weight: 1, arbitrary: fc.constantFrom(...AGENTS).map((agent) => (to: RoutingLog) => void to.shift(agent, 'AgentPaused', { reason: 'lunch' })) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...QUEUES), fc.constantFrom(...AGENTS), fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 })).map(([queue, agent, level, position]) => (to: RoutingLog) => void to.member(queue, agent, level, position)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...QUEUES), fc.constantFrom(...AGENTS)).map(([queue, agent]) => (to: RoutingLog) => void to.left(queue, agent)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...CALLS), fc.constantFrom('o1', 'o2', 'o3'), fc.constantFrom(...AGENTS)).map(([call, offer, agent]) => (to: RoutingLog) => void to.offer(call, offer, agent)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...CALLS), fc.constantFrom('o1', 'o2', 'o3'), fc.constantFrom(...AGENTS)).map(([call, offer, agent]) => (to: RoutingLog) => void to.declined(call, offer, agent)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('node-1', 'node-2'), fc.boolean()).map(([node, open]) => (to: RoutingLog) => void to.gap(node, open)) },
);
const history = fc.array(step, { maxLength: 120 }).map((steps) => {
  const made = log();
  for (const queue of QUEUES) made.queue(queue);
  for (const agent of AGENTS) for (const queue of QUEUES.slice(AGENTS.indexOf(agent) % 3)) made.member(queue, agent);
  for (const apply of steps) apply(made);
  return made;
});

describe('matching, whatever has happened', () => {
  it('pairs nobody twice, leaves no pair unmade, and respects both orders', () => {
    fc.assert(
      fc.property(history, (made) => {
        const state = made.fold();
        const { offers } = nextOffers(state, now);
        expect(new Set(offers.map(({ agentId }) => agentId)).size).toBe(offers.length);
        expect(new Set(offers.map(({ caller }) => caller.callId)).size).toBe(offers.length);
        const taken = new Set<string>();
        // The plain rule, without an index: every caller by turn, each with the first of the ready who is left.
        const queues = [...state.matchable()];
        const expected: [string, string][] = [];
        const everybody = queues.flatMap((queue) => [...queue.waiting].map((caller) => ({ caller, queue }))).sort((a, b) => byTurn(a.caller, b.caller));
        for (const { caller, queue } of everybody) {
          const first = [...queue.ready].sort(byIdleTime).find(({ agentId, readyAt }) => !taken.has(agentId) && (readyAt === null || Date.parse(readyAt) <= now));
          if (first === undefined) continue;
          taken.add(first.agentId);
          expected.push([caller.segmentId, first.agentId]);
        }
        expect(offers.map(({ caller, agentId }) => [caller.segmentId, agentId])).toEqual(expected);
        for (const plan of offers) expect(plan.candidates[0]?.agentId).toBe(plan.agentId);
      }),
      { numRuns: 300 },
    );
  });

  it('finds everybody that the log says can be matched', () => {
    fc.assert(
      fc.property(history, (made) => {
        const state = made.fold();
        const listed = new Map([...state.matchable()].map((queue) => [queue.queueId, { waiting: [...queue.waiting].map(({ segmentId }) => segmentId), ready: [...queue.ready].map(({ agentId }) => agentId) }]));
        expect(listed).toEqual(new Map(made.expectation().filter(([, { waiting, ready }]) => waiting.length > 0 && ready.length > 0)));
      }),
      { numRuns: 300 },
    );
  });

  it('is the same however the events are cut, and after a restart at any point', () => {
    fc.assert(
      fc.property(history, fc.nat(), (made, cut) => {
        const events = made.events;
        const at = cut % (events.length + 1);
        const whole = made.fold();
        const before = new RouterState();
        for (const event of events.slice(0, at)) before.apply(event);
        const after = new RouterState();
        after.restore(JSON.parse(JSON.stringify(before.snapshot())) as never);
        for (const event of events.slice(at)) after.apply(event);
        expect(nextOffers(after, now)).toEqual(nextOffers(whole, now));
        expect(nextOffers(whole, now)).toEqual(nextOffers(whole, now));
        expect(after.queueOf('q1')).toEqual(whole.queueOf('q1'));
      }),
      { numRuns: 300 },
    );
  });
});
