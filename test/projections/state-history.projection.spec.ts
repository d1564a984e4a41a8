import { stateHistory } from '../../projections/state-history/state-history.projection.js';
import { StateHistoryQueries } from '../../projections/state-history/state-history.queries.js';
import { expectAnyCutGivesTheSameRows, projectScene } from '../support/projected-scene.js';
import { Scene, sceneTime } from '../support/scene.js';

const using = async (scene: Scene, question: (queries: StateHistoryQueries) => Promise<void>): Promise<void> => {
  const projected = await projectScene(scene, stateHistory, 9);
  try {
    await question(new StateHistoryQueries(projected.database));
  } finally {
    await projected.close();
  }
};
/** Position of the scene's newest event. */
const known = (scene: Scene): string => String(scene.events.length);
const at = (s: number) => ({ at: sceneTime(s) });

const told = (): Scene =>
  new Scene().queue('sales').member('sales', 'a1').member('sales', 'a2').signIn(0, 'a1').arrives(10, 'A').enters(10, 'A', 'sales').arrives(11, 'B').enters(11, 'B', 'sales', { priority: 1 })
    .offers(12, 'B', 'a1', 'o1').picksUp(15, 'B', 'o1').fact(20, 'B', 'B', { kind: 'held', by: 'switch' }).fact(25, 'B', 'B', { kind: 'resumed' }).ends(30, 'B', 'leg-o1').ends(30.5, 'B', 'B', 'NORMAL_CLEARING', 'switch').ends(32, 'A', 'A');

describe('how a call was', () => {
  test('at each time of its life', async () => {
    await using(told(), async (queries) => {
      expect(await queries.call('acme', 'B', at(10))).toBeUndefined();
      expect(await queries.call('acme', 'B', at(11))).toMatchObject({ status: 'live', queue: { queueId: 'sales', priority: 1, since: sceneTime(11) }, offeredTo: null, agentId: null, legs: [{ legId: 'B', role: 'caller', state: 'up' }] });
      expect(await queries.call('acme', 'B', at(12))).toMatchObject({ offeredTo: { agentId: 'a1', offerId: 'o1' }, legs: [{}, { legId: 'leg-o1', agentId: 'a1', state: 'ringing' }] });
      expect(await queries.call('acme', 'B', at(15))).toMatchObject({ queue: null, offeredTo: null, agentId: 'a1', legs: [{ bridgedWith: 'leg-o1' }, { state: 'up', bridgedWith: 'B' }] });
      expect(await queries.call('acme', 'B', at(22))).toMatchObject({ legs: [{ legId: 'B', state: 'held', since: sceneTime(20) }, {}] });
      expect(await queries.call('acme', 'B', at(30))).toMatchObject({ status: 'live', agentId: null, legs: [{ legId: 'B', bridgedWith: null }] });
      expect(await queries.call('acme', 'B', {})).toMatchObject({ status: 'ended', endedAt: sceneTime(30.5), cause: 'NORMAL_CLEARING', legs: [] });
      expect(await queries.call('globex', 'B', {})).toBeUndefined();
    });
  });

  test('and as it was believed to be, before and after the true end was known', async () => {
    const scene = new Scene().signIn(0, 'a1').arrives(0, 'A').enters(0, 'A', 'sales').offers(2, 'A', 'a1', 'o1').picksUp(5, 'A', 'o1');
    const inGap = known(scene);
    for (const legId of ['leg-o1', 'A']) scene.call(60, 'A', 'InferLegEnd', { legId, evidence: 'absent', earliest: sceneTime(20), endedAt: sceneTime(59), latest: sceneTime(59) });
    const inferred = known(scene);
    for (const [legId, s] of [['A', 30], ['leg-o1', 30.02]] as const) scene.call(90, 'A', 'WitnessLegEnd', { legId, cause: 'NORMAL_CLEARING', q850: 16, hungUpBy: 'far-end', times: { createdAt: sceneTime(0) }, endedAt: sceneTime(s) });
    await using(scene, async (queries) => {
      expect(await queries.call('acme', 'A', { asOf: inGap })).toMatchObject({ status: 'live', agentId: 'a1' });
      expect(await queries.call('acme', 'A', { asOf: inferred })).toMatchObject({ status: 'ended', endedAt: sceneTime(59) });
      expect(await queries.call('acme', 'A', { ...at(40), asOf: inferred })).toMatchObject({ status: 'live', legs: [{ legId: 'A' }, { legId: 'leg-o1' }] });
      expect(await queries.call('acme', 'A', at(25))).toMatchObject({ status: 'live', agentId: 'a1' });
      expect(await queries.call('acme', 'A', at(40))).toMatchObject({ status: 'ended', endedAt: sceneTime(30.02), agentId: null, legs: [] });
      expect(await queries.call('acme', 'A', {})).toMatchObject({ status: 'ended', endedAt: sceneTime(30.02) });
    });
  });

  test('is not confused by the clock of a switch that runs ahead of ours', async () => {
    const scene = new Scene().arrives(10.05, 'A').enters(10, 'A', 'sales');
    await using(scene, async (queries) => {
      expect(await queries.call('acme', 'A', {})).toMatchObject({ startedAt: sceneTime(10.05), queue: { queueId: 'sales' } });
      expect(await queries.call('acme', 'A', at(11))).toMatchObject({ queue: { queueId: 'sales' }, legs: [{ legId: 'A' }] });
    });
  });

  test('a position that is none is refused', async () => {
    await expect(new StateHistoryQueries({ tenantTransaction: () => Promise.reject(new Error('no query may be made')) }).call('acme', 'A', { asOf: '-1' })).rejects.toMatchObject({ kind: 'invalid', code: 'invalid-position' });
  });
});

describe('how an agent was', () => {
  test('at each time, in each shift', async () => {
    const scene = told().shift(50, 'a1', 'SignOutAgent', { force: false }).signIn(70, 'a1', false);
    await using(scene, async (queries) => {
      const states: unknown[] = [];
      for (const s of [-1, 0, 13, 16, 30, 50, 71]) {
        const state = await queries.agent('acme', 'a1', at(s));
        states.push(state === undefined ? undefined : [state.presence, state.engagement, state.callId, state.shiftId]);
      }
      expect(states).toEqual([
        undefined, ['available', 'idle', null, 'a1+1'], ['available', 'ringing', 'B', 'a1+1'], ['available', 'on-call', 'B', 'a1+1'], ['available', 'wrap-up', 'B', 'a1+1'], ['signed-out', 'idle', null, 'a1+1'], ['paused', 'idle', null, 'a1+2'],
      ]);
      expect(await queries.agent('acme', 'a1', { asOf: '5' })).toMatchObject({ presence: 'available', position: '5' });
    });
  });
});

describe('how a queue was', () => {
  test('who waited, in order, and what its agents did', async () => {
    const scene = told().add(40, 'queue-sales', 'AgentLeftQueue', { queueId: 'sales', agentId: 'a2' });
    await using(scene, async (queries) => {
      const then = await queries.queue('acme', 'sales', at(12));
      expect(then.waiting).toMatchObject([{ callId: 'B', priority: 1 }, { callId: 'A', priority: 5, since: sceneTime(10), enteredAt: sceneTime(10) }]);
      expect(then.agents).toEqual([{ agentId: 'a1', presence: 'available', engagement: 'ringing', callId: 'B' }, { agentId: 'a2', presence: 'signed-out', engagement: 'idle', callId: null }]);
      expect((await queries.queue('acme', 'sales', at(16))).waiting.map(({ callId }) => callId)).toEqual(['A']);
      expect((await queries.queue('acme', 'sales', at(32))).waiting).toEqual([]);
      expect((await queries.queue('acme', 'sales', {})).agents.map(({ agentId }) => agentId)).toEqual(['a1']);
      expect(await queries.queue('globex', 'sales', {})).toEqual({ waiting: [], agents: [] });
      const beforeTheEnd = scene.events.findIndex(({ type, stream }) => type === 'CallDequeued' && stream === 'call-A');
      expect((await queries.queue('acme', 'sales', { asOf: String(beforeTheEnd) })).waiting.map(({ callId }) => callId)).toEqual(['A']);
    });
  });
});

test('state history is the same whatever the batches', () => expectAnyCutGivesTheSameRows(told(), stateHistory));
