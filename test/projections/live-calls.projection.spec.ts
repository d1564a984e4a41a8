import { liveCalls } from '../../projections/live-calls/live-calls.projection.js';
import { LiveCallsQueries } from '../../projections/live-calls/live-calls.queries.js';
import { expectAnyCutGivesTheSameRows, projectScene } from '../support/projected-scene.js';
import { Scene, sceneTime } from '../support/scene.js';

const using = async (scene: Scene, question: (queries: LiveCallsQueries) => Promise<void>): Promise<void> => {
  const projected = await projectScene(scene, liveCalls, 5);
  try {
    await question(new LiveCallsQueries(projected.database, projected.sealed));
  } finally {
    await projected.close();
  }
};
const page = { limit: 50, cursor: undefined };

/** The states that the call goes through, as the board would show them after each step. */
const statesAfter = async (...steps: readonly ((scene: Scene) => Scene)[]): Promise<string[]> => {
  const states: string[] = [];
  for (let n = 1; n <= steps.length; n += 1) {
    const scene = steps.slice(0, n).reduce((so, step) => step(so), new Scene().signIn(0, 'a1'));
    await using(scene, async (queries) => void states.push((await queries.one('acme', 'A'))?.state ?? 'gone'));
  }
  return states;
};

describe('the board of live calls', () => {
  test('follows a caller from arrival to hang-up', async () => {
    expect(await statesAfter(
      (scene) => scene.arrives(0, 'A'),
      (scene) => scene.enters(1, 'A', 'sales'),
      (scene) => scene.offers(2, 'A', 'a1', 'o1'),
      (scene) => scene.ends(22, 'A', 'leg-o1', 'NO_ANSWER', 'switch'),
      (scene) => scene.shift(60, 'a1', 'PauseAgent', { reason: 'x', force: false }).shift(60, 'a1', 'MakeAvailable', {}).offers(60, 'A', 'a1', 'o2'),
      (scene) => scene.fact(63, 'A', 'leg-o2', { kind: 'answered' }),
      (scene) => scene.picksUp(64, 'A', 'o2'),
      (scene) => scene.fact(70, 'A', 'A', { kind: 'held', by: 'switch' }),
      (scene) => scene.fact(75, 'A', 'A', { kind: 'resumed' }),
      (scene) => scene.ends(80, 'A', 'leg-o2'),
      (scene) => scene.ends(81, 'A', 'A'),
    )).toEqual(['arrived', 'queued', 'offered', 'queued', 'offered', 'offered', 'talking', 'held', 'talking', 'leaving', 'gone']);
  });

  test('follows a call that was placed', async () => {
    expect(await statesAfter(
      (scene) => scene.call(0, 'A', 'PlaceCall', { callId: 'A', nodeId: 'node-1', legId: 'A', personId: 'p', from: '+1', fromName: '', to: '+2', address: 'x', timeoutMs: 30_000 }),
      (scene) => scene.call(1, 'A', 'AddLeg', { leg: { legId: 'A', nodeId: 'node-1', role: 'callee', direction: 'outbound', origin: 'trunk', internal: false, agentId: null, shiftId: null, personId: 'p', number: '+2', name: '' } }).fact(2, 'A', 'A', { kind: 'ringing' }),
      (scene) => scene.fact(5, 'A', 'A', { kind: 'answered' }),
      (scene) => scene.ends(9, 'A', 'A'),
    )).toEqual(['dialling', 'ringing', 'answered', 'gone']);
  });

  const busy = (): Scene => {
    const scene = new Scene().signIn(0, 'a1').signIn(0, 'a2');
    scene.arrives(0, 'talks').enters(0, 'talks', 'sales').offers(1, 'talks', 'a1', 'o1').picksUp(4, 'talks', 'o1');
    scene.arrives(5, 'first').enters(5, 'first', 'sales').arrives(6, 'urgent').enters(6, 'urgent', 'sales', { priority: 1 }).arrives(7, 'older').enters(7, 'older', 'sales', { waitingSince: sceneTime(2) });
    return scene.arrives(8, 'asked').enters(8, 'asked', 'support').offers(9, 'asked', 'a2', 'o2').arrives(10, 'menu');
  };

  test('shows what is known of each call', async () => {
    await using(busy(), async (queries) => {
      expect(await queries.one('acme', 'talks')).toMatchObject({
        direction: 'inbound', fromNumber: '+15550100', state: 'talking', stateSince: sceneTime(4), answeredAt: sceneTime(0), queueId: 'sales', segmentId: null, waitingSince: null, agentId: 'a1', offeredAgentId: null,
        legs: [{ legId: 'talks', role: 'caller', state: 'up' }, { legId: 'leg-o1', role: 'agent', agentId: 'a1', state: 'up', since: sceneTime(4) }],
      });
      expect(await queries.one('acme', 'asked')).toMatchObject({ state: 'offered', stateSince: sceneTime(9), offeredAgentId: 'a2', segmentId: 'asked/support', waitingSince: sceneTime(8), legs: [{}, { state: 'ringing' }] });
      expect(await queries.one('globex', 'talks')).toBeUndefined();
    });
  });

  test.each([
    [{}, ['talks', 'first', 'urgent', 'older', 'asked', 'menu']],
    [{ queueId: 'sales' }, ['talks', 'first', 'urgent', 'older']],
    [{ agentId: 'a2' }, ['asked']],
    [{ agentId: 'a1' }, ['talks']],
    [{ state: 'queued' as const }, ['first', 'urgent', 'older']],
    [{ state: 'offered' as const }, ['asked']],
    [{ waiting: true, queueId: 'support' }, ['asked']],
    [{ direction: 'outbound' as const }, []],
  ])('finds %j', async (filter, expected) => {
    await using(busy(), async (queries) => expect((await queries.list('acme', filter, page)).items.map(({ callId }) => callId)).toEqual(expected));
  });

  test('counts per queue, and says who is next', async () => {
    await using(busy(), async (queries) => {
      expect(await queries.perQueue('acme')).toEqual([
        { queueId: 'sales', waiting: 3, offered: 0, talking: 1, longestSince: sceneTime(2) },
        { queueId: 'support', waiting: 1, offered: 1, talking: 0, longestSince: sceneTime(8) },
      ]);
      expect((await queries.waitingIn('acme', 'sales', 10)).map(({ callId }) => callId)).toEqual(['urgent', 'older', 'first']);
      const first = await queries.list('acme', {}, { limit: 4, cursor: undefined });
      expect((await queries.list('acme', {}, { limit: 4, cursor: first.next ?? undefined })).items.map(({ callId }) => callId)).toEqual(['asked', 'menu']);
    });
  });

  test('is the same whatever the batches', () => expectAnyCutGivesTheSameRows(busy(), liveCalls));
});
