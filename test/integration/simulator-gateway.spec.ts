import { systemClock } from '../../src/platform/time/system-clock.js';
import { Simulation } from '../../src/simulator/simulation.js';
import { EslSocketServer } from '../../src/simulator/switch/esl/esl-socket-server.js';
import type { Line } from '../../src/simulator/switch/far-end.js';
import { connectEsl } from '../../src/telephony/adapters/freeswitch/esl-client.js';
import { FreeswitchGateway } from '../../src/telephony/adapters/freeswitch/freeswitch-gateway.js';
import { FreeswitchNodeSessions } from '../../src/telephony/adapters/freeswitch/freeswitch-node-sessions.js';
import type { SwitchAction } from '../../src/telephony/contract/switch-actions.js';
import type { NodeSession } from '../../src/telephony/ports/node-sessions.port.js';
import type { SwitchFact } from '../../src/telephony/ports/switch-facts.js';
import type { ActionResult } from '../../src/telephony/ports/telephony-gateway.port.js';
import { eventually } from '../support/eventually.js';
import { SeededRandom } from '../support/manual-clock.js';

const NODE = 'fs1';
const AGENT = '11111111-1111-4111-8111-111111111111';

type Deed = SwitchAction extends infer Action ? (Action extends SwitchAction ? Omit<Action, 'actionId'> : never) : never;

describe("the engine's gateway on the simulated switch", () => {
  let simulation: Simulation;
  let server: EslSocketServer;
  let gateway: FreeswitchGateway;
  let session: NodeSession;
  let facts: SwitchFact[];
  let gaps: number;
  let deeds = 0;

  beforeEach(async () => {
    const phone = { answers: 1, busy: 0, 'no-answer': 0, refuses: 0, unreachable: 0 };
    simulation = new Simulation({ seed: 'gateway', clock: systemClock, numbers: [], agents: [{ agentId: 'a', extension: '1001' }], mix: { phone, ringFor: { kind: 'fixed', ms: 60 } }, settings: { mediaLengthMs: () => 100 } });
    server = new EslSocketServer(simulation.node);
    await server.listen();
    gateway = new FreeswitchGateway(systemClock);
    facts = [];
    gaps = 0;
    const settings = { name: NODE, host: server.host, port: server.port, password: 'ClueCon', deviceAddress: '', trunkAddress: '', music: '', recordingsFolder: '' };
    const sessions = new FreeswitchNodeSessions(connectEsl, gateway, systemClock, new SeededRandom(3), { redialMs: { first: 20, longest: 50 } });
    session = sessions.open(NODE, settings, { onGapOpened: () => void gaps++, onConnected: async () => undefined, onFacts: (more) => void facts.push(...more) });
    session.start();
    await eventually(() => gateway.isReady(NODE));
  });

  afterEach(async () => {
    await session.close();
    simulation.stop();
    await server.close();
  });

  const perform = (deed: Deed): Promise<ActionResult> => gateway.perform(NODE, { ...deed, actionId: `deed-${++deeds}` } as SwitchAction);
  const about = (channelId: string): string[] => facts.flatMap((fact) => ('channelId' in fact && fact.channelId === channelId && fact.kind !== 'channel-noted' ? [fact.kind] : []));
  /** What happened to a leg, applications and what they played apart. */
  const steps = (channelId: string): string[] => about(channelId).filter((kind) => !kind.startsWith('playback') && kind !== 'application-completed');
  const heard = (channelId: string, kind: SwitchFact['kind']): Promise<void> => eventually(() => about(channelId).includes(kind));

  const park = async (): Promise<Line> => {
    const caller = simulation.node.placeCall({ from: '+4915112345678', fromName: 'Caller', to: '+4930555010' }, {});
    await heard(caller.channelId, 'channel-parked');
    return caller;
  };

  const dial = (callId: string): Promise<ActionResult> =>
    perform({ channelId: AGENT, deed: 'originate', whom: 'agent', callId, tenantId: 'tenant-1', address: 'user/1001@default', callerNumber: '60011', callerName: 'Queue Sales', timeoutMs: 5_000 });

  const talk = async (): Promise<Line> => {
    const caller = await park();
    const { channelId } = caller;
    expect(await perform({ channelId, deed: 'take-over' })).toMatchObject({ ok: true });
    expect(await perform({ channelId, deed: 'answer' })).toMatchObject({ ok: true });
    expect(await dial(channelId)).toMatchObject({ ok: true });
    await heard(AGENT, 'channel-parked');
    expect(await perform({ channelId, deed: 'bridge', otherChannelId: AGENT })).toMatchObject({ ok: true });
    await heard(channelId, 'channels-bridged');
    return caller;
  };

  it('takes a caller over, dials an agent, joins them, holds, records, and hangs up', async () => {
    const { channelId } = await talk();
    expect(await perform({ channelId: AGENT, deed: 'hold' })).toMatchObject({ ok: true });
    await heard(AGENT, 'channel-held');
    expect(await perform({ channelId: AGENT, deed: 'resume' })).toMatchObject({ ok: true });
    await heard(AGENT, 'channel-resumed');
    const recording = { channelId, recordingId: 'r1', path: '/var/fs/recordings/r1.wav' };
    expect(await perform({ ...recording, deed: 'start-recording' })).toMatchObject({ ok: true });
    expect(await perform({ ...recording, deed: 'stop-recording' })).toMatchObject({ ok: true });
    expect(await perform({ channelId: AGENT, deed: 'hang-up', cause: 'NORMAL_CLEARING' })).toMatchObject({ ok: true });
    await heard(channelId, 'channel-ended');
    expect(steps(AGENT)).toEqual(['channel-appeared', 'channel-ringing', 'channel-answered', 'channel-parked', 'channel-unparked', 'channel-held', 'channel-resumed', 'channel-ended']);
    expect(steps(channelId)).toEqual([
      'channel-appeared', 'channel-parked', 'channel-early-media', 'channel-answered', 'channel-unparked', 'channels-bridged', 'recording-started', 'recording-stopped', 'channels-unbridged', 'channel-ended',
    ]);
    expect(await gateway.exists(NODE, channelId)).toBe(false);
  });

  it('plays, stops, collects digits and sends them', async () => {
    const caller = await park();
    const { channelId } = caller;
    await perform({ channelId, deed: 'answer' });
    expect(await perform({ channelId, deed: 'play', media: 'local_stream://moh', loop: true })).toMatchObject({ ok: true });
    await heard(channelId, 'playback-started');
    expect(await perform({ channelId, deed: 'stop-playing' })).toMatchObject({ ok: true });
    await heard(channelId, 'playback-stopped');
    const collected = perform({ channelId, deed: 'collect-digits', prompt: '', minDigits: 1, maxDigits: 4, timeoutMs: 3_000, terminators: '#', sensitive: false });
    await eventually(() => facts.filter((fact) => fact.kind === 'playback-started').length === 2);
    caller.press('42#');
    expect(await collected).toMatchObject({ ok: true });
    const [digits] = facts.filter((fact) => fact.kind === 'digits-collected');
    expect(digits).toMatchObject({ digits: '42', result: 'success' });
    expect(await perform({ channelId, deed: 'send-digits', digits: '12' })).toMatchObject({ ok: true });
  });

  it('transfers a caller away from the agent, and parks one again', async () => {
    const { channelId } = await talk();
    expect(await perform({ channelId, deed: 'transfer', destination: '9103', leg: 'this' })).toMatchObject({ ok: true });
    await heard(channelId, 'channel-transferred');
    await heard(AGENT, 'channel-ended');
    expect(await perform({ channelId, deed: 'park' })).toMatchObject({ ok: true });
    await eventually(() => about(channelId).filter((kind) => kind === 'channel-parked').length === 2);
    expect(about(channelId)).not.toContain('channel-ended');
  });

  it('says that it did not: a leg that is not there, a caller who is gone', async () => {
    const caller = await park();
    expect(await perform({ channelId: caller.channelId, deed: 'bridge', otherChannelId: AGENT })).toMatchObject({ ok: false });
    caller.hangUp();
    await heard(caller.channelId, 'channel-ended');
    expect(await perform({ channelId: caller.channelId, deed: 'answer' })).toMatchObject({ ok: false });
  });

  it('notices a restart as a gap, and is ready again with another switch', async () => {
    await park();
    simulation.faults(server).restart({ orderly: false, downMs: 100 });
    await eventually(() => gaps === 1);
    await eventually(() => gateway.isReady(NODE));
    expect(simulation.node.channels.size).toBe(0);
  });
});
