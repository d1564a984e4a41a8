import { AgentActivityQueries } from '../../projections/agent-board/agent-activity.js';
import { agentBoard } from '../../projections/agent-board/agent-board.projection.js';
import { AgentBoardQueries } from '../../projections/agent-board/agent-board.queries.js';
import { expectAnyCutGivesTheSameRows, projectScene } from '../support/projected-scene.js';
import type { Projected } from '../support/projection-spec.js';
import { Scene, sceneTime } from '../support/scene.js';

const created = (scene: Scene, agentId: string): Scene => scene.add(0, `agent-${agentId}`, 'AgentCreated', { agentId, settings: { displayName: `Agent ${agentId}`, deviceUser: '1001', address: null } }).member('sales', agentId);

/** a1: 10 s of ringing without an answer, 20 s idle, a call of 30 s, 10 s of wrap-up, a pause; a2 is never signed in. */
const workday = (): Scene => {
  const scene = created(created(new Scene(), 'a1'), 'a2').signIn(0, 'a1', false).shift(10, 'a1', 'MakeAvailable', {});
  scene.arrives(20, 'A').enters(20, 'A', 'sales').offers(30, 'A', 'a1', 'o1').ends(40, 'A', 'leg-o1', 'NO_ANSWER', 'switch').ends(41, 'A', 'A');
  scene.served(75, 'B', 'sales', 'a1', { wait: 5, talk: 30, ring: 0 });
  scene.shift(90, 'a1', 'PauseAgent', { reason: 'lunch', force: false });
  return scene.shift(120, 'a1', 'EndWrapUp', { segmentId: null, by: 'agent' }).shift(180, 'a1', 'SignOutAgent', { force: false });
};

const ask = async <T>(scene: Scene, question: (board: AgentBoardQueries, activity: AgentActivityQueries, projected: Projected) => Promise<T>): Promise<T> => {
  const projected = await projectScene(scene, agentBoard, 7);
  try {
    return await question(new AgentBoardQueries(projected.database, projected.sealed), new AgentActivityQueries(projected.database), projected);
  } finally {
    await projected.close();
  }
};
const page = { limit: 100, cursor: undefined };

describe('the board of agents', () => {
  test('shows who does what, and what they wished for', async () => {
    const scene = created(created(created(new Scene(), 'a1'), 'a2'), 'a3').signIn(0, 'a1').signIn(5, 'a2', false);
    scene.add(1, 'agent-a3', 'AgentRetired', { agentId: 'a3' });
    scene.arrives(10, 'A').enters(10, 'A', 'sales').offers(12, 'A', 'a1', 'o1').picksUp(15, 'A', 'o1').shift(20, 'a1', 'PauseAgent', { reason: 'lunch', force: false });
    await ask(scene, async (board) => {
      const { items } = await board.list('acme', {}, page);
      expect(items).toMatchObject([
        { agentId: 'a1', displayName: 'Agent a1', presence: 'available', engagement: 'on-call', since: sceneTime(15), callId: 'A', queueId: 'sales', queuedPresence: 'paused', queuedReason: 'lunch', contacts: 1, missed: 0, queues: ['sales'] },
        { agentId: 'a2', presence: 'paused', reason: 'signed-in', engagement: 'idle', since: sceneTime(5), callId: null, signedInAt: sceneTime(5) },
      ]);
      expect((await board.list('acme', { retired: true }, page)).items.map(({ agentId }) => agentId)).toEqual(['a3']);
      expect((await board.list('acme', { presence: 'available', queueId: 'sales' }, page)).items.map(({ agentId }) => agentId)).toEqual(['a1']);
      expect((await board.list('acme', { queueId: 'support' }, page)).items).toEqual([]);
      const first = await board.list('acme', {}, { limit: 1, cursor: undefined });
      expect((await board.list('acme', {}, { limit: 1, cursor: first.next ?? undefined })).items.map(({ agentId }) => agentId)).toEqual(['a2']);
      expect(await board.perQueue('acme')).toEqual([{ queueId: 'sales', members: 3, signedIn: 2, ready: 0, onCall: 1, wrapUp: 0, paused: 1 }]);
      expect(await board.one('globex', 'a1')).toBeUndefined();
    });
  });

  test('an agent who leaves a queue is not of it any more', async () => {
    const scene = created(new Scene(), 'a1').add(3, 'queue-sales', 'AgentLeftQueue', { queueId: 'sales', agentId: 'a1' });
    await ask(scene, async (board) => expect(await board.one('acme', 'a1')).toMatchObject({ queues: [], presence: 'signed-out', since: null }));
  });
});

describe('intervals', () => {
  test('follow one another without a hole, and none lasts no time', async () => {
    await ask(workday(), async (board) => {
      const { items } = await board.intervals('acme', { agentId: 'a1' }, page);
      expect(items.map(({ presence, reason, engagement, fromAt, durationMs, callId }) => [presence, reason, engagement, fromAt, durationMs, callId])).toEqual([
        ['paused', 'signed-in', 'idle', sceneTime(0), 10_000, null],
        ['available', null, 'idle', sceneTime(10), 20_000, null],
        ['available', null, 'ringing', sceneTime(30), 10_000, 'A'],
        ['available', null, 'idle', sceneTime(40), 40_000, null],
        ['available', null, 'on-call', sceneTime(80), 30_000, 'B'],
        ['available', null, 'wrap-up', sceneTime(110), 10_000, 'B'],
        ['paused', 'lunch', 'idle', sceneTime(120), 60_000, null],
      ]);
      for (const [i, { toAt }] of items.entries()) expect(items[i + 1]?.fromAt ?? sceneTime(180)).toBe(toAt);
      const touching = await board.intervals('acme', { from: sceneTime(100), to: sceneTime(115) }, { limit: 1, cursor: undefined });
      expect(touching.items).toMatchObject([{ engagement: 'on-call' }]);
      expect((await board.intervals('acme', { from: sceneTime(100), to: sceneTime(115) }, { limit: 5, cursor: touching.next ?? undefined })).items).toMatchObject([{ engagement: 'wrap-up' }]);
    });
  });

  test('give occupancy: handle / (handle + idle), pauses and offers in neither', async () => {
    await ask(workday(), async (_board, activity) => {
      const whole = { from: sceneTime(0), to: sceneTime(3600), now: sceneTime(3600) };
      expect(await activity.perAgent('acme', whole)).toEqual([{
        agentId: 'a1', signedInMs: 180_000, availableMs: 110_000, pausedMs: 70_000, pausedMsByReason: { lunch: 60_000, 'signed-in': 10_000 }, idleMs: 60_000, offeredMs: 10_000, onCallMs: 30_000, wrapUpMs: 10_000, ownCallMs: 0,
        handleMs: 40_000,
        occupancy: { formula: 'occupancy', value: 0.4, unit: 'ratio', numerator: 40_000, denominator: 100_000 },
        utilisation: { formula: 'utilisation', value: 40 / 180, unit: 'ratio', numerator: 40_000, denominator: 180_000 },
      }]);
      expect(await activity.perQueue('acme', whole)).toMatchObject([{ queueId: 'sales', agents: 1, queueHandleMs: 40_000, occupancy: { value: 0.4 } }]);
      expect(await activity.perAgent('acme', { from: sceneTime(90), to: sceneTime(115), now: sceneTime(3600) })).toMatchObject([{ onCallMs: 20_000, wrapUpMs: 5_000, idleMs: 0, occupancy: { value: 1 } }]);
    });
  });

  test('counts a contact that nobody heard until it was over, whatever was believed at that time', async () => {
    const scene = created(new Scene(), 'a1').signIn(0, 'a1').arrives(0, 'A').enters(0, 'A', 'sales').offers(2, 'A', 'a1', 'o1').isToBeBridged(5, 'A', 'o1').misses(60, 'A', 'A', 4).misses(60, 'A', 'leg-o1', 4);
    const whole = { from: sceneTime(0), to: sceneTime(600), now: sceneTime(100) };
    await ask(scene, async (_board, activity) => expect(await activity.perAgent('acme', whole)).toMatchObject([{ onCallMs: 0, offeredMs: 58_000, idleMs: 42_000 }]));
    scene.witnesses(90, 'A', 'leg-o1', 70, 'switch', { otherLegId: 'A', at: sceneTime(10) }).shift(95, 'a1', 'SignOutAgent', { force: false });
    await ask(scene, async (board, activity) => {
      expect(await activity.perAgent('acme', whole)).toMatchObject([{ signedInMs: 95_000, onCallMs: 60_000, offeredMs: 8_000, idleMs: 27_000, handleMs: 60_000 }]);
      expect(await activity.perQueue('acme', { ...whole, from: sceneTime(20), to: sceneTime(30) })).toMatchObject([{ queueId: 'sales', queueHandleMs: 10_000, onCallMs: 10_000, offeredMs: 0 }]);
      expect(await activity.perAgent('acme', { ...whole, from: sceneTime(200) })).toEqual([]);
      expect((await board.list('acme', {}, page)).items).toMatchObject([{ contacts: 1, presence: 'signed-out' }]);
    });
  });

  test('count for a queue while the agent was its member, whoever its members are now', async () => {
    const scene = created(new Scene(), 'a1').member('support', 'a1').signIn(0, 'a1');
    scene.add(20, 'queue-sales', 'AgentLeftQueue', { queueId: 'sales', agentId: 'a1' });
    scene.served(40, 'A', 'support', 'a1', { wait: 5, talk: 30, ring: 0 });
    scene.add(60, 'queue-sales', 'AgentJoinedQueue', { queueId: 'sales', agentId: 'a1', level: 1, position: 1 });
    scene.add(65, 'queue-sales', 'AgentJoinedQueue', { queueId: 'sales', agentId: 'a1', level: 2, position: 1 });
    scene.add(70, 'queue-sales', 'AgentLeftQueue', { queueId: 'sales', agentId: 'a1' });
    await ask(scene, async (board, activity) => {
      const all = { from: sceneTime(0), to: sceneTime(600), now: sceneTime(100) };
      expect(await board.one('acme', 'a1')).toMatchObject({ queues: ['support'] });
      expect(await activity.perQueue('acme', all)).toMatchObject([
        { queueId: 'sales', agents: 1, signedInMs: 30_000, idleMs: 20_000, onCallMs: 10_000, queueHandleMs: 0, occupancy: { value: 10 / 30 } },
        { queueId: 'support', agents: 1, signedInMs: 100_000, onCallMs: 30_000, wrapUpMs: 25_000, queueHandleMs: 55_000 },
      ]);
      expect(await activity.perQueue('acme', { ...all, from: sceneTime(25), to: sceneTime(50), queueId: 'sales' })).toEqual([]);
      expect(await activity.perAgent('acme', { ...all, from: sceneTime(25), to: sceneTime(50), queueId: 'sales' })).toEqual([]);
      expect(await activity.perAgent('acme', { ...all, queueId: 'sales' })).toMatchObject([{ agentId: 'a1', signedInMs: 100_000 }]);
    });
  });

  test('that still last are counted up to now', async () => {
    await ask(created(new Scene(), 'a1').signIn(0, 'a1'), async (_board, activity) => {
      expect(await activity.perAgent('acme', { from: sceneTime(0), to: sceneTime(600), now: sceneTime(60) })).toMatchObject([{ idleMs: 60_000 }]);
    });
  });

  test('own calls and a second shift have their own', async () => {
    const scene = created(new Scene(), 'a1').signIn(0, 'a1').shift(10, 'a1', 'StartOwnCall', { legId: 'L', callId: 'own', at: sceneTime(10) }).shift(25, 'a1', 'EndOwnCall', { legId: 'L', at: sceneTime(25) });
    scene.shift(30, 'a1', 'SignOutAgent', { force: false }).signIn(50, 'a1');
    await ask(scene, async (board, activity) => {
      expect((await board.intervals('acme', {}, page)).items.map(({ shiftId, engagement, durationMs }) => [shiftId, engagement, durationMs])).toEqual([
        ['a1+1', 'idle', 10_000], ['a1+1', 'own-call', 15_000], ['a1+1', 'idle', 5_000], ['a1+2', 'idle', null],
      ]);
      expect(await activity.perAgent('acme', { from: sceneTime(0), to: sceneTime(60), now: sceneTime(60) })).toMatchObject([{ ownCallMs: 15_000, idleMs: 25_000, signedInMs: 40_000 }]);
    });
  });

  test('are the same whatever the batches', () => expectAnyCutGivesTheSameRows(workday(), agentBoard));
});
