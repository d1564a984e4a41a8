import { connectEsl } from '../../src/telephony/adapters/freeswitch/esl-client.js';
import { MediaNodeSession } from '../../src/telephony/adapters/freeswitch/media-node-session.js';
import { type MediaNodeSessionOptions, SESSION_DEFAULTS } from '../../src/telephony/adapters/freeswitch/session-options.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import type { NodeGap, NodeListener, NodeSnapshot } from '../../src/telephony/ports/node-listener.port.js';
import type { SwitchFact } from '../../src/telephony/ports/switch-facts.js';
import { eventually } from '../support/eventually.js';
import { SeededRandom } from '../support/manual-clock.js';
import { parkedRow, ScriptedSwitch } from '../support/scripted-switch.js';

/** Writes down what it is told, in order, and does what a test says. */
class Witness implements NodeListener {
  readonly told: string[] = [];
  readonly gaps: NodeGap[] = [];
  readonly snapshots: NodeSnapshot[] = [];
  readonly facts: SwitchFact[] = [];
  compare: (snapshot: NodeSnapshot) => Promise<void> = async () => undefined;
  take: (facts: readonly SwitchFact[]) => void | Promise<void> = () => undefined;

  onGapOpened(gap: NodeGap): void {
    this.told.push(`gap ${gap.cause}`);
    this.gaps.push(gap);
  }

  async onConnected(snapshot: NodeSnapshot): Promise<void> {
    this.told.push('connected');
    this.snapshots.push(snapshot);
    await this.compare(snapshot);
    this.told.push('compared');
  }

  onFacts(facts: readonly SwitchFact[]): void | Promise<void> {
    for (const fact of facts) this.told.push('channelId' in fact ? `${fact.kind} ${fact.channelId}` : fact.kind);
    this.facts.push(...facts);
    return this.take(facts);
  }
}

const appeared = (channelId: string): Record<string, string> => ({ 'Unique-ID': channelId, 'Call-Direction': 'inbound', 'Caller-Caller-ID-Number': '60011', 'Caller-Destination-Number': '9003' });
const over = (channelId: string): Record<string, string> => ({ 'Unique-ID': channelId, 'Caller-Channel-Created-Time': '1795382406000000', 'Hangup-Cause': 'NORMAL_CLEARING' });

describe('a session with a media node', () => {
  let freeswitch: ScriptedSwitch;
  let witness: Witness;
  const sessions: MediaNodeSession[] = [];

  const open = (options: Partial<MediaNodeSessionOptions> = {}): MediaNodeSession => {
    const session = new MediaNodeSession(connectEsl, systemClock, new SeededRandom(7), witness, {
      ...SESSION_DEFAULTS,
      redialMs: { first: 10, longest: 50 },
      nodeId: 'fs1',
      host: '127.0.0.1',
      port: freeswitch.port,
      password: 'secret',
      ...options,
    });
    sessions.push(session);
    session.start();
    return session;
  };

  beforeEach(async () => {
    freeswitch = await new ScriptedSwitch().start();
    witness = new Witness();
  });

  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
    await freeswitch.stop();
  });

  it('connects, compares, and only then lets facts flow; the first time is no gap', async () => {
    freeswitch.rows = [parkedRow('caller')];
    freeswitch.beforeList = () => freeswitch.fire('CHANNEL_CREATE', appeared('late'));
    const session = open();
    witness.compare = async () => {
      expect(session.isReady).toBe(false);
      expect(session.commands).toBeUndefined();
      await freeswitch.fire('CHANNEL_PARK', { 'Unique-ID': 'late' });
    };
    await eventually(() => witness.facts.length === 2);
    expect(witness.told).toEqual(['connected', 'compared', 'channel-appeared late', 'channel-parked late']);
    expect(witness.snapshots[0]).toMatchObject({ switchSessionId: freeswitch.sessionId, channels: [{ channelId: 'caller', parked: true, createdAt: '2026-11-22T21:20:06.000Z' }] });
    expect(session.isReady).toBe(true);
  });

  it('a channel that appeared since we listen is told by its facts and is not in the list', async () => {
    freeswitch.beforeList = async () => {
      await freeswitch.fire('CHANNEL_CREATE', appeared('new'));
      freeswitch.rows = [parkedRow('old'), parkedRow('new')];
      // Events and answers come on two connections: the event must have been read before the list is.
      await new Promise((resolve) => setTimeout(resolve, 50));
    };
    open();
    await eventually(() => witness.facts.length === 1);
    expect(witness.snapshots[0]?.channels.map((channel) => channel.channelId)).toEqual(['old']);
  });

  it('events and commands go over two connections, and only the used events are asked for', async () => {
    const session = open();
    await eventually(() => session.isReady);
    const subscription = freeswitch.commands.find(({ command }) => command.startsWith('event json'));
    const list = freeswitch.commands.find(({ command }) => command.includes('show channels'));
    expect(subscription?.connection).not.toBe(list?.connection);
    expect(subscription?.command).not.toMatch(/CHANNEL_STATE|CHANNEL_CALLSTATE|\bALL\b|CODEC|\bAPI\b/);
  });

  it('an absence is confirmed unless the channel lives, or its end waits to be told', async () => {
    freeswitch.rows = [parkedRow('listed')];
    freeswitch.alive.add('hidden');
    const answers: Record<string, boolean> = {};
    witness.compare = async (snapshot) => {
      const asked = Promise.all(['gone', 'hidden', 'ending'].map(async (id) => (answers[id] = await snapshot.confirmAbsent(id))));
      await freeswitch.fire('CHANNEL_HANGUP_COMPLETE', over('ending'));
      await asked;
    };
    open();
    await eventually(() => witness.facts.length === 1);
    expect(answers).toEqual({ gone: true, hidden: false, ending: false });
    expect(witness.told.at(-1)).toBe('channel-ended ending');
  });

  it.each([
    ['cut', 'connection-lost'],
    ['sayGoodbye', 'disconnect-notice'],
  ] as const)('a %s connection opens one gap, and a comparison follows', async (how, cause) => {
    const session = open();
    await eventually(() => session.isReady);
    await freeswitch.fire('CHANNEL_CREATE', appeared('caller'));
    await eventually(() => witness.facts.length === 1);
    const before = Date.now();
    await freeswitch[how]();
    await eventually(() => witness.snapshots.length === 2 && session.isReady);
    expect(witness.told).toEqual(['connected', 'compared', 'channel-appeared caller', `gap ${cause}`, 'connected', 'compared']);
    expect(Date.parse(witness.gaps[0]?.from ?? '')).toBeLessThanOrEqual(before);
  });

  it('a switch that restarted shows another session in the comparison', async () => {
    const session = open();
    await eventually(() => session.isReady);
    freeswitch.sessionId = 'bbbbbbbb-0000-4000-8000-000000000002';
    freeswitch.cut();
    await eventually(() => witness.snapshots.length === 2);
    expect(witness.snapshots.map((snapshot) => snapshot.switchSessionId)).toEqual(['aaaaaaaa-0000-4000-8000-000000000001', freeswitch.sessionId]);
  });

  it('events of another switch on the same connection are a restart', async () => {
    const session = open();
    await eventually(() => session.isReady);
    freeswitch.sessionId = 'cccccccc-0000-4000-8000-000000000003';
    await freeswitch.fire('CHANNEL_CREATE', appeared('caller'));
    await eventually(() => witness.snapshots.length === 2 && session.isReady);
    expect(witness.told).toEqual(['connected', 'compared', 'gap switch-restarted', 'connected', 'compared']);
  });

  it('heartbeats that stay away are a gap, those that come are not', async () => {
    const session = open({ heartbeatIntervalMs: 60 });
    await eventually(() => session.isReady);
    for (let beat = 0; beat < 5; beat += 1) {
      await freeswitch.fire('HEARTBEAT', { 'Session-Count': '3' });
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(witness.gaps).toEqual([]);
    await eventually(() => witness.gaps.length > 0);
    expect(witness.gaps[0]?.cause).toBe('heartbeat-missed');
    await eventually(() => witness.snapshots.length > 1);
  });

  it('the clock offset is that of the heartbeat that came fastest', async () => {
    const session = open();
    await eventually(() => session.isReady);
    for (const lateMs of [300, 5, 200]) await freeswitch.fire('HEARTBEAT', { 'Session-Count': '0', 'Event-Date-Timestamp': String((Date.now() - 5_000 - lateMs) * 1000) });
    await eventually(() => witness.facts.length === 3);
    const offsets = witness.facts.map((fact) => (fact.kind === 'heartbeat' ? (fact.clockOffsetMs ?? 0) : 0));
    expect(offsets[1]).toBeGreaterThan(offsets[0] ?? 0);
    expect(offsets[2]).toBe(offsets[1]);
    expect(session.status().clockOffsetMs).toBe(offsets[2]);
    expect(offsets[2]).toBeLessThanOrEqual(-5_005);
  });

  it('a switch that is away is dialled until it is there, and the reason is known meanwhile', async () => {
    const { port } = freeswitch;
    await freeswitch.stop();
    const session = open({ port });
    await eventually(() => session.status().lastError !== undefined);
    expect(session.status()).toMatchObject({ phase: 'down' });
    await expect(session.exists('any')).rejects.toThrow('not connected');
    expect(witness.told).toEqual([]);
  });

  it('a comparison that fails is offered again with a newer list, and what came meanwhile is kept', async () => {
    let tries = 0;
    witness.compare = async () => {
      tries += 1;
      if (tries > 1) return;
      await freeswitch.fire('CHANNEL_CREATE', appeared('caller'));
      throw new Error('the event store is away');
    };
    const session = open();
    await eventually(() => witness.facts.length === 1);
    expect(witness.told).toEqual(['connected', 'connected', 'compared', 'channel-appeared caller']);
    expect(session.isReady).toBe(true);
  });

  it('a connection that is lost while the comparison waits is a gap of its own from then on, and the next comparison waits for this one', async () => {
    let finish = (): void => undefined;
    witness.compare = () => new Promise<void>((resolve) => (finish = resolve));
    const session = open();
    await eventually(() => witness.snapshots.length === 1);
    await freeswitch.fire('CHANNEL_CREATE', appeared('caller'));
    await eventually(() => session.status().waitingBytes > 0);
    const { connections } = freeswitch;
    freeswitch.cut();
    // What was seen before the loss is told; the new connection is there, and nothing is compared yet.
    await eventually(() => witness.facts.length === 1 && session.status().connects === 2 && freeswitch.connections > connections);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(witness.told).toEqual(['connected', 'channel-appeared caller']);
    witness.compare = async () => undefined;
    finish();
    await eventually(() => session.isReady);
    expect(witness.told).toEqual(['connected', 'channel-appeared caller', 'compared', 'gap connection-lost', 'connected', 'compared']);
    expect(Date.parse(witness.gaps[0]!.from)).toBeGreaterThanOrEqual(Date.parse(witness.snapshots[0]!.takenAt));
    expect(Date.parse(witness.gaps[0]!.from)).toBeLessThan(Date.parse(witness.snapshots[1]!.takenAt));
  });

  it('facts that find no room while a comparison waits are a gap of its own', async () => {
    let finish = (): void => undefined;
    witness.compare = () => new Promise<void>((resolve) => (finish = resolve));
    const session = open({ maxWaitingBytes: 4_000 });
    await eventually(() => witness.snapshots.length === 1);
    for (let i = 0; i < 20; i += 1) await freeswitch.fire('CHANNEL_CREATE', appeared(`caller-${i}`));
    await eventually(() => session.status().events >= 20);
    expect(session.status().waitingBytes).toBe(0);
    witness.compare = async () => undefined;
    finish();
    await eventually(() => session.isReady);
    expect(witness.told).toEqual(['connected', 'compared', 'gap engine-away', 'connected', 'compared']);
  });

  it('the socket is read while the listener is busy, and order is kept', async () => {
    let finish = (): void => undefined;
    witness.take = () => new Promise<void>((resolve) => (finish = resolve));
    const session = open();
    await eventually(() => session.isReady);
    await freeswitch.fire('CHANNEL_CREATE', appeared('one'));
    await eventually(() => witness.facts.length === 1);
    for (const id of ['two', 'three', 'four']) await freeswitch.fire('CHANNEL_CREATE', appeared(id));
    await eventually(() => session.status().waitingBytes > 0);
    expect(witness.facts).toHaveLength(1);
    witness.take = () => undefined;
    finish();
    await eventually(() => witness.facts.length === 4);
    expect(witness.facts.map((fact) => 'channelId' in fact && fact.channelId)).toEqual(['one', 'two', 'three', 'four']);
    expect(session.status().waitingBytes).toBe(0);
  });

  it('more facts than there is room for are a gap, on the same connection, and no deed is done until compared', async () => {
    let finish = (): void => undefined;
    witness.take = () => new Promise<void>((resolve) => (finish = resolve));
    const session = open({ maxWaitingBytes: 4_000 });
    await eventually(() => session.isReady);
    await freeswitch.fire('CHANNEL_CREATE', appeared('first'));
    await eventually(() => witness.facts.length === 1);
    for (let i = 0; i < 20; i += 1) await freeswitch.fire('CHANNEL_CREATE', appeared(`caller-${i}`));
    await eventually(() => witness.gaps.length === 1);
    expect(witness.gaps[0]?.cause).toBe('engine-away');
    expect(session.status().waitingBytes).toBe(0);
    expect(session.isReady).toBe(false);
    const { connections } = freeswitch;
    witness.take = () => undefined;
    finish();
    await eventually(() => session.isReady);
    expect(witness.snapshots).toHaveLength(2);
    expect(freeswitch.connections).toBe(connections);
    await freeswitch.fire('CHANNEL_CREATE', appeared('after'));
    await eventually(() => witness.told.at(-1) === 'channel-appeared after');
  });

  it('a listener that fails, or says that it could not keep what it was told, gets a new comparison', async () => {
    witness.take = () => {
      throw new Error('no room');
    };
    const session = open();
    await eventually(() => session.isReady);
    await freeswitch.fire('CHANNEL_CREATE', appeared('lost'));
    await eventually(() => witness.snapshots.length === 2 && session.isReady);
    witness.take = () => undefined;
    session.resynchronise('engine-away', 'the lanes are full', Date.UTC(2026, 0, 1));
    await eventually(() => witness.snapshots.length === 3 && session.isReady);
    expect(witness.gaps.map((gap) => gap.message)).toEqual(['no room', 'the lanes are full']);
    expect(witness.gaps[1]?.from).toBe('2026-01-01T00:00:00.000Z');
  });

  it('a list that cannot be read is never an empty switch', async () => {
    freeswitch.rows = [{ uuid: 'caller', direction: 'sideways' }];
    const session = open();
    await eventually(() => session.status().lastError !== undefined);
    expect(session.status().lastError).toContain('a row without');
    expect(witness.told).toEqual([]);
    freeswitch.rows = [];
    await eventually(() => session.isReady);
  });

  it('closes at once, also while connecting or comparing, and tells nothing afterwards', async () => {
    let comparing = false;
    witness.compare = () => {
      comparing = true;
      return new Promise<void>(() => undefined);
    };
    const session = open();
    await eventually(() => comparing);
    await session.close();
    await eventually(() => freeswitch.subscribers === 0);
    expect(session.status().phase).toBe('closed');
    expect(witness.told).toEqual(['connected']);
    const second = open();
    await second.close();
    expect(second.status().phase).toBe('closed');
    await expect(second.exists('any')).rejects.toThrow();
  });

  it('a mid-life channel of before the gap is not transferred anew after it', async () => {
    const transferred = { 'Unique-ID': 'caller', 'Caller-Transfer-Source': '1795382334:u:bl_xfer:9103/default/XML' };
    const session = open();
    await eventually(() => session.isReady);
    await freeswitch.fire('CHANNEL_CREATE', appeared('caller'));
    await freeswitch.fire('CHANNEL_EXECUTE', { ...transferred, Application: 'answer' });
    freeswitch.rows = [parkedRow('caller')];
    await eventually(() => witness.facts.length === 2);
    freeswitch.cut();
    await eventually(() => witness.snapshots.length === 2 && session.isReady);
    await freeswitch.fire('CHANNEL_PARK', transferred);
    await eventually(() => witness.told.at(-1) === 'channel-parked caller');
    expect(witness.facts.filter((fact) => fact.kind === 'channel-transferred')).toHaveLength(1);
  });
});
