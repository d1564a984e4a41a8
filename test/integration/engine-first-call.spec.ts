import { streamOf } from '../../src/kernel/streams.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { SeededRandom } from '../../src/simulator/seeded-random.js';
import type { FarEnd, Line } from '../../src/simulator/switch/far-end.js';
import { EslSocketServer } from '../../src/simulator/switch/esl/esl-socket-server.js';
import { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';
import { callHistory } from '../../projections/call-history/call-history.projection.js';
import { liveCalls } from '../../projections/live-calls/live-calls.projection.js';
import { eventually, nodeUrl, queueSettings, TestEngine } from '../support/engine.js';
import { phones } from '../support/phones.js';

describe('a call through the whole engine', () => {
  let behaviour: () => FarEnd;
  let fs: SimulatedSwitch;
  let server: EslSocketServer;
  let engine: TestEngine;

  beforeEach(async () => {
    behaviour = () => ({
      invited: (line: Line) => {
        line.ring();
        systemClock.after(50, () => line.answer());
      },
    });
    fs = new SimulatedSwitch({ clock: systemClock, random: new SeededRandom(1), endpoints: phones(() => behaviour()) });
    server = new EslSocketServer(fs);
    await server.listen();
    engine = await TestEngine.start([nodeUrl(server.port)], [liveCalls, callHistory]);
    await engine.send('queue', 'sales', 'CreateQueue', { queueId: 'sales', settings: queueSettings() });
    await engine.send('number', 'n1', 'AssignNumber', { numberId: 'n1', number: '+15550199', destination: { kind: 'queue', queueId: 'sales' } });
    await engine.send('agent', 'ann', 'CreateAgent', { agentId: 'ann', settings: { displayName: 'Ann', deviceUser: '1001', address: null } });
    await engine.send('queue', 'sales', 'JoinQueue', { agentId: 'ann', level: 1, position: 1 });
    await engine.send('agent', 'ann', 'StartShift', {});
    await eventually('the shift opens', () => engine.engine.telephony?.routing.shiftOf('ann'));
    await engine.send('agentShift', 'ann+1', 'MakeAvailable', {});
    await eventually('the node is ready', () => engine.engine.telephony?.media.isReady('fs1'));
  });

  afterEach(async () => {
    await engine.stop();
    await server.close();
    fs.stop();
  });

  const types = async (callId: string): Promise<string[]> => (await engine.engine.core.log.readStream(streamOf('call', callId))).map((event) => event.type);

  it('is queued, offered, answered, bridged and ended, and its CDR says so', async () => {
    const line = fs.placeCall({ from: '+15550100', fromName: 'Caller', to: '+15550199' }, {});
    const callId = line.channelId;
    await eventually('the bridge', async () => (await types(callId)).includes('LegsBridged'));
    const { log } = engine.engine.core;
    const offered = (await log.readStream(streamOf('call', callId))).find(({ type }) => type === 'OfferMade');
    const atOnce = await log.store.readAll({ after: (offered?.position ?? 0n) - 1n, maxCount: 3 });
    // Nobody's phone rings before the shift has agreed, and nothing is waited for in between.
    expect(atOnce.map(({ stream, type }) => `${stream} ${type}`)).toEqual([`call-${callId} OfferMade`, 'agentShift-ann+1 AgentReserved', `call-${callId} SwitchActionRequested`]);
    expect(new Set(atOnce.map(({ recordedAt }) => recordedAt)).size).toBe(1);
    line.hangUp();
    await eventually('the end', async () => (await types(callId)).includes('CallEnded'));
    await eventually('wrap-up is over', () => engine.engine.telephony?.routing.shiftOf('ann')?.presence === 'available');
    await engine.engine.worker?.caughtUp();
    const { rows } = await engine.storage.database.query('SELECT * FROM call_history WHERE call_id = $1', [callId]);
    expect(rows[0]).toMatchObject({ tenant_id: 'acme', disposition: 'answered', agent_id: 'ann', queue_id: 'sales', ended_by: 'caller', cause: 'NORMAL_CLEARING', from_number: expect.stringMatching(/^\$enc1:/), confidence: 'seen' });
    const live = await engine.storage.database.query('SELECT * FROM live_calls');
    expect(live.rows).toEqual([]);
    expect([...engine.alarms.counts]).toEqual([]);
  });

  it('goes on after an agent did not answer, and abandons are told', async () => {
    behaviour = () => ({ invited: (line: Line) => line.refuse(486) });
    const line = fs.placeCall({ from: '+15550100', fromName: 'Caller', to: '+15550199' }, {});
    await eventually('a second offer', async () => (await types(line.channelId)).filter((type) => type === 'OfferFailed').length >= 2);
    line.hangUp();
    await eventually('the end', async () => (await types(line.channelId)).includes('CallEnded'));
    await engine.engine.worker?.caughtUp();
    const { rows } = await engine.storage.database.query('SELECT disposition, contacts FROM call_history WHERE call_id = $1', [line.channelId]);
    expect(rows[0]).toEqual({ disposition: 'abandoned', contacts: 0 });
  });
});
