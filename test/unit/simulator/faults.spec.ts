import { SwitchFaults } from '../../../src/simulator/faults.js';
import { SeededRandom } from '../../../src/simulator/seeded-random.js';
import type { SwitchTruth } from '../../../src/simulator/switch/observer.js';
import { simulatedNode } from '../../support/simulated-node.js';

const AGENT = '11111111-1111-4111-8111-111111111111';

const stage = () => {
  const { clock, node, connect } = simulatedNode();
  const truths: SwitchTruth[] = [];
  node.observe((truth) => void truths.push(truth));
  return { clock, node, connect, truths, faults: new SwitchFaults(node, clock, new SeededRandom('faults')) };
};

/** Two legs that talk. */
const talking = ({ clock, node, connect, truths }: ReturnType<typeof stage>) => {
  const client = connect('auth ClueCon', 'event json all');
  const caller = node.placeCall({ from: '1', fromName: 'One', to: '100' }, {});
  clock.advance(50);
  client.send(`api uuid_answer ${caller.channelId}`);
  client.send(`bgapi originate {origination_uuid=${AGENT}}user/1001@x &park()`);
  clock.advance(700);
  client.send(`api uuid_bridge ${caller.channelId} ${AGENT}`);
  clock.advance(200);
  expect(truths.filter((truth) => truth.what === 'bridged')).toHaveLength(1);
  return { client, caller };
};

describe('faults of the simulated switch', () => {
  it('cut: the connection breaks without a notice, calls go on, a new connection sees them', () => {
    const scene = stage();
    const { client, caller } = talking(scene);
    scene.faults.cutConnections();
    scene.clock.advance(10);
    expect([client.closed, client.notice]).toEqual([true, undefined]);
    const again = scene.connect('auth ClueCon', 'api show channels as json');
    const rows = (JSON.parse(again.replies[1]!) as { rows: Record<string, string>[] }).rows;
    expect(rows.map((row) => [row['uuid'], row['callstate'], row['application'], row['call_uuid']])).toEqual([
      [caller.channelId, 'ACTIVE', 'uuid_bridge', caller.channelId],
      [AGENT, 'ACTIVE', 'uuid_bridge', caller.channelId],
    ]);
  });

  it('refused for a while: no connection is taken, afterwards one is', () => {
    const scene = stage();
    scene.faults.refuseConnections(5_000);
    expect(scene.connect('auth ClueCon').closed).toBe(true);
    scene.clock.advance(5_000);
    expect(scene.connect('auth ClueCon').replies).toEqual(['+OK accepted']);
  });

  it('rejected by the ACL: a rude rejection', () => {
    const scene = stage();
    scene.faults.rejectConnections(true);
    const client = scene.connect();
    expect([client.replies, client.closed]).toEqual([['Access Denied, go away.'], true]);
  });

  it('an orderly restart ends each channel with SYSTEM_SHUTDOWN and comes back as another', () => {
    const scene = stage();
    const { client } = talking(scene);
    const before = client.events[0]!.headers['Core-UUID'];
    scene.faults.restart({ orderly: true, downMs: 2_000 });
    scene.clock.advance(1_000);
    const ends = client.events.filter((event) => event.name === 'CHANNEL_HANGUP_COMPLETE').map((event) => event.headers['Hangup-Cause']);
    expect(ends).toEqual(['SYSTEM_SHUTDOWN', 'SYSTEM_SHUTDOWN']);
    expect(client.notice).toBe('The system is being shut down.');
    scene.clock.advance(1_500);
    const after = scene.connect('auth ClueCon', 'api global_getvar core_uuid', 'api show channels as json');
    expect(after.replies[1]).not.toBe(before);
    expect(after.replies[2]).toBe('{"row_count": 0}\n');
  });

  it('a crash leaves no word: channels vanish, jobs of the old process are never answered, sequences start again', () => {
    const scene = stage();
    const { client } = talking(scene);
    client.send('bgapi msleep 3000\nJob-UUID: of-the-old-one');
    scene.clock.advance(10);
    const heard = client.events.length;
    scene.faults.restart({ orderly: false, downMs: 1_000 });
    scene.clock.advance(1_500);
    expect([client.events.length, client.closed]).toEqual([heard, true]);
    expect(scene.truths.filter((truth) => truth.what === 'vanished')).toHaveLength(2);
    const after = scene.connect('auth ClueCon', 'event json all');
    scene.node.placeCall({ from: '2', fromName: 'Two', to: '100' }, {});
    scene.clock.advance(4_000);
    expect(after.events.filter((event) => event.name === 'BACKGROUND_JOB')).toEqual([]);
    expect(Number(after.events[0]!.headers['Event-Sequence'])).toBeLessThan(Number(client.events.at(-1)!.headers['Event-Sequence']));
  });

  it('a channel can end without any event; the other leg tells its own', () => {
    const scene = stage();
    const { client, caller } = talking(scene);
    const heard = client.events.length;
    expect(scene.faults.endWithoutAWord(AGENT)).toBe(true);
    scene.clock.advance(500);
    const later = client.events.slice(heard);
    expect(later.some((event) => event.headers['Unique-ID'] === AGENT)).toBe(false);
    expect(later.filter((event) => event.name === 'CHANNEL_HANGUP_COMPLETE').map((event) => event.headers['Unique-ID'])).toEqual([caller.channelId]);
    expect(scene.truths.filter((truth) => truth.what === 'ended')).toHaveLength(2);
    expect(scene.faults.endWithoutAWord('nobody')).toBe(false);
  });

  it('a job without an answer: the deed is done', () => {
    const scene = stage();
    const client = scene.connect('auth ClueCon', 'event json BACKGROUND_JOB CHANNEL_ANSWER');
    const caller = scene.node.placeCall({ from: '1', fromName: 'One', to: '100' }, {});
    scene.clock.advance(50);
    scene.faults.loseJobs((command) => command === 'uuid_answer');
    client.send(`bgapi uuid_answer ${caller.channelId}\nJob-UUID: lost`);
    client.send('bgapi hostname\nJob-UUID: kept');
    scene.clock.advance(500);
    expect(client.events.map((event) => event.headers['Job-UUID'] ?? event.name).sort()).toEqual(['CHANNEL_ANSWER', 'kept']);
  });

  it('late and doubled events keep the order of their channel', () => {
    const scene = stage();
    scene.faults.troubleEvents({ delay: 0.2, delayMs: 400, duplicate: 0.2 });
    const { client } = talking(scene);
    scene.clock.advance(3_000);
    const last = new Map<string, number>();
    let doubled = 0;
    for (const event of client.events) {
      const sequence = Number(event.headers['Event-Sequence']);
      const id = event.headers['Unique-ID'];
      if (id === undefined) continue;
      if (sequence === last.get(id)) doubled++;
      expect(sequence).toBeGreaterThanOrEqual(last.get(id) ?? 0);
      last.set(id, sequence);
    }
    expect(doubled).toBeGreaterThan(0);
  });

  it('the heartbeat stops and starts; the clock jumps and timers do not', () => {
    const scene = stage();
    const client = scene.connect('auth ClueCon', 'event json HEARTBEAT');
    scene.faults.stopHeartbeat();
    scene.clock.advance(60_000);
    expect(client.events).toHaveLength(0);
    scene.faults.startHeartbeat();
    scene.faults.stepClock(-3_600_000);
    scene.clock.advance(20_100);
    const behindMs = scene.clock.now() - Number(client.events[0]!.headers['Event-Date-Timestamp']) / 1000;
    expect(Math.abs(behindMs - 3_600_000)).toBeLessThan(300);
  });
});
