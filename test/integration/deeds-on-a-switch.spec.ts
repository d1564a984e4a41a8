import { systemClock } from '../../src/platform/time/system-clock.js';
import { SeededRandom } from '../../src/simulator/seeded-random.js';
import { EslSocketServer } from '../../src/simulator/switch/esl/esl-socket-server.js';
import type { FarEnd, Line } from '../../src/simulator/switch/far-end.js';
import { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';
import { connectEsl } from '../../src/telephony/adapters/freeswitch/esl-client.js';
import { FreeswitchGateway } from '../../src/telephony/adapters/freeswitch/freeswitch-gateway.js';
import { FreeswitchNodeSessions } from '../../src/telephony/adapters/freeswitch/freeswitch-node-sessions.js';
import type { SwitchAction } from '../../src/telephony/contract/switch-actions.js';
import type { NodeSnapshot } from '../../src/telephony/ports/node-listener.port.js';
import type { NodeSession } from '../../src/telephony/ports/node-sessions.port.js';
import type { SwitchFact } from '../../src/telephony/ports/switch-facts.js';
import type { ActionResult } from '../../src/telephony/ports/telephony-gateway.port.js';
import { eventually } from '../support/eventually.js';
import { SeededRandom as TestRandom } from '../support/manual-clock.js';

type Deed<D extends SwitchAction['deed']> = Omit<Extract<SwitchAction, { deed: D }>, 'actionId' | 'channelId' | 'deed'>;

/** Session, gateway and translator together, against a whole switch on a socket. */
describe('deeds on a whole switch', () => {
  let fs: SimulatedSwitch;
  let server: EslSocketServer;
  let session: NodeSession;
  let gateway: FreeswitchGateway;
  let facts: SwitchFact[];
  let snapshots: NodeSnapshot[];
  let gaps: number;
  let actions = 0;
  const agents: Line[] = [];
  const phone: FarEnd = {
    invited: (line) => {
      agents.push(line);
      line.ring();
    },
  };

  const perform = <D extends SwitchAction['deed']>(channelId: string, deed: D, more: Deed<D>): Promise<ActionResult> =>
    gateway.perform('fs1', { actionId: `00000000-0000-4000-8000-${String((actions += 1)).padStart(12, '0')}`, channelId, deed, ...more } as unknown as SwitchAction);
  const told = (kind: SwitchFact['kind'], channelId: string): SwitchFact | undefined => facts.find((fact) => fact.kind === kind && 'channelId' in fact && fact.channelId === channelId);
  const saw = (kind: SwitchFact['kind'], channelId: string): Promise<void> => eventually(() => told(kind, channelId) !== undefined);
  const ok = { ok: true, result: expect.any(String) as string };
  const originate: Omit<Deed<'originate'>, 'callId'> = { whom: 'agent', tenantId: 'acme', address: 'user/1001@default', callerNumber: '+15550100', callerName: "O'Caller, Una", timeoutMs: 5_000 };

  beforeEach(async () => {
    facts = [];
    snapshots = [];
    gaps = 0;
    agents.length = 0;
    fs = new SimulatedSwitch({
      clock: systemClock,
      random: new SeededRandom(5),
      endpoints: { dial: (address) => ({ kind: 'telephone', channelName: 'sofia/internal/1001@127.0.0.1', destination: '1001', address, farEnd: phone }) },
    });
    server = new EslSocketServer(fs);
    await server.listen();
    gateway = new FreeswitchGateway(systemClock);
    session = new FreeswitchNodeSessions(connectEsl, gateway, systemClock, new TestRandom(5), { redialMs: { first: 10, longest: 20 } }).open(
      'fs1',
      { name: 'fs1', host: '127.0.0.1', port: server.port, password: 'ClueCon', deviceAddress: '', trunkAddress: '', music: '', recordingsFolder: '' },
      {
        onGapOpened: () => (gaps += 1),
        onConnected: async (snapshot) => void snapshots.push(snapshot),
        onFacts: (batch) => void facts.push(...batch),
      },
    );
    session.start();
    await eventually(() => session.isReady);
  });

  afterEach(async () => {
    await session.close();
    await server.close();
    fs.stop();
  });

  it('a caller is taken over, answered, played to, bridged with an agent, held, recorded and hung up', async () => {
    const caller = fs.placeCall({ from: '+15550100', fromName: 'Una', to: '+15550199' }, {});
    await saw('channel-parked', caller.channelId);
    await expect(perform(caller.channelId, 'take-over', {})).resolves.toEqual(ok);
    await expect(perform(caller.channelId, 'answer', {})).resolves.toEqual(ok);
    await expect(perform(caller.channelId, 'play', { media: 'local_stream://moh', loop: true })).resolves.toEqual(ok);
    await saw('playback-started', caller.channelId);

    const leg = 'aaaaaaaa-0000-4000-8000-000000000001';
    const ringing = perform(leg, 'originate', { ...originate, callId: caller.channelId });
    await saw('channel-ringing', leg);
    expect(told('channel-appeared', leg)).toMatchObject({ direction: 'outbound', callId: caller.channelId, tenantId: 'acme', callerNumber: '+15550100', callerName: 'O\u2019Caller Una' });
    agents[0]?.answer();
    await expect(ringing).resolves.toEqual({ ok: true, result: leg });
    await saw('channel-parked', leg);
    await expect(perform(caller.channelId, 'bridge', { otherChannelId: leg })).resolves.toEqual(ok);
    await eventually(() => facts.some((fact) => fact.kind === 'channels-bridged'));

    await expect(perform(leg, 'hold', {})).resolves.toEqual(ok);
    await saw('channel-held', leg);
    await expect(perform(leg, 'resume', {})).resolves.toEqual(ok);
    await saw('channel-resumed', leg);
    await expect(perform(caller.channelId, 'start-recording', { recordingId: 'r1', path: '/var/rec/r1.wav' })).resolves.toEqual(ok);
    await saw('recording-started', caller.channelId);
    await expect(perform(caller.channelId, 'stop-recording', { recordingId: 'r1', path: '/var/rec/r1.wav' })).resolves.toEqual(ok);
    await saw('recording-stopped', caller.channelId);
    await expect(perform(caller.channelId, 'send-digits', { digits: '12#' })).resolves.toEqual(ok);
    await expect(perform(caller.channelId, 'hang-up', { cause: 'NORMAL_CLEARING' })).resolves.toEqual(ok);
    await saw('channel-ended', leg);
    expect(told('channel-ended', caller.channelId)).toMatchObject({ cause: 'NORMAL_CLEARING', hungUpBy: 'switch' });
    await expect(perform(caller.channelId, 'answer', {})).resolves.toMatchObject({ ok: false });
    await expect(gateway.exists('fs1', caller.channelId)).resolves.toBe(false);
    expect(gaps).toBe(0);
  });

  it('an agent who is busy, or is told to stop ringing, fails as such', async () => {
    const busy = perform('aaaaaaaa-0000-4000-8000-000000000002', 'originate', { ...originate, callId: 'call-1' });
    await eventually(() => agents.length === 1);
    agents[0]?.refuse(486);
    await expect(busy).resolves.toEqual({ ok: false, reason: 'USER_BUSY' });
    const leg = 'aaaaaaaa-0000-4000-8000-000000000003';
    const ringing = perform(leg, 'originate', { ...originate, callId: 'call-1' });
    await saw('channel-ringing', leg);
    await expect(perform(leg, 'hang-up', { cause: 'ORIGINATOR_CANCEL' })).resolves.toEqual(ok);
    await expect(ringing).resolves.toEqual({ ok: false, reason: 'ORIGINATOR_CANCEL' });
    expect(told('channel-ended', leg)).toMatchObject({ cause: 'ORIGINATOR_CANCEL', hungUpBy: 'switch' });
  });

  it('digits are collected, and a transfer sends the caller on', async () => {
    const caller = fs.placeCall({ from: '+15550100', fromName: '', to: '+15550199' }, {});
    await saw('channel-parked', caller.channelId);
    await perform(caller.channelId, 'take-over', {});
    await perform(caller.channelId, 'answer', {});
    const collecting = perform(caller.channelId, 'collect-digits', { prompt: '', minDigits: 1, maxDigits: 4, timeoutMs: 3_000, terminators: '#', sensitive: false });
    await eventually(() => facts.some((fact) => fact.kind === 'playback-started'));
    caller.press('42#');
    await expect(collecting).resolves.toEqual({ ok: true, result: 'success' });
    expect(told('digits-collected', caller.channelId)).toMatchObject({ digits: '42', result: 'success' });
    await expect(perform(caller.channelId, 'transfer', { destination: '9103', leg: 'this' })).resolves.toEqual(ok);
    await saw('channel-transferred', caller.channelId);
    expect(told('channel-transferred', caller.channelId)).toMatchObject({ how: 'blind', destination: '9103' });
    caller.hangUp();
    await saw('channel-ended', caller.channelId);
  });

  it('callers who came while nobody listened are in the next comparison', async () => {
    await session.close();
    const parked = fs.placeCall({ from: '+15550100', fromName: 'Una', to: '+15550199' }, {});
    const again = new FreeswitchNodeSessions(connectEsl, gateway, systemClock, new TestRandom(6)).open(
      'fs1',
      { name: 'fs1', host: '127.0.0.1', port: server.port, password: 'ClueCon', deviceAddress: '', trunkAddress: '', music: '', recordingsFolder: '' },
      { onGapOpened: () => undefined, onConnected: async (snapshot) => void snapshots.push(snapshot), onFacts: () => undefined },
    );
    again.start();
    await eventually(() => again.isReady);
    expect(snapshots.at(-1)?.channels).toMatchObject([{ channelId: parked.channelId, parked: true, direction: 'inbound', callerNumber: '+15550100', dialedNumber: '+15550199' }]);
    await expect(snapshots.at(-1)?.confirmAbsent(parked.channelId)).resolves.toBe(false);
    await expect(snapshots.at(-1)?.confirmAbsent('never-there')).resolves.toBe(true);
    await again.close();
  });
});
