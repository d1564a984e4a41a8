import { streamOf } from '../../src/kernel/streams.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { EslSocketServer, type Endpoints, SeededRandom, SimulatedSwitch } from '../../src/simulator/index.js';
import { eventually, nodeUrl, TestEngine } from '../support/engine.js';

/** Everybody beyond the switch answers. */
const answering: Endpoints = {
  dial: (address) => ({ kind: 'telephone', channelName: `sofia/external/${address}`, destination: address, address, farEnd: { invited: (line) => void systemClock.after(20, () => line.answer()) } }),
};

describe('calls to numbers that no tenant owns', () => {
  let fs: SimulatedSwitch;
  let server: EslSocketServer;
  let engine: TestEngine;

  beforeEach(async () => {
    fs = new SimulatedSwitch({ clock: systemClock, random: new SeededRandom(1), endpoints: answering });
    server = new EslSocketServer(fs);
    await server.listen();
    engine = await TestEngine.start([nodeUrl(server.port)], []);
    await eventually('the node is ready', () => engine.engine.telephony?.media.isReady('fs1'));
  });

  afterEach(async () => {
    await engine.stop();
    await server.close();
    fs.stop();
  });

  const events = (callId: string) => engine.engine.core.log.readStream(streamOf('call', callId));

  it('are rejected once they are parked', async () => {
    const line = fs.placeCall({ from: '+15550100', fromName: 'Caller', to: '+15559999' }, {});
    const ended = await eventually('the end', async () => (await events(line.channelId)).find(({ type }) => type === 'CallEnded'));
    expect(ended.data).toMatchObject({ cause: 'UNALLOCATED_NUMBER', endedBy: 'switch' });
  });

  it('are left alone where the switch bridges them itself: an emergency call is never touched', async () => {
    const line = fs.placeCall({ from: '+15550100', fromName: 'Caller', to: '112' }, {});
    await eventually('the bridge', async () => (await events(line.channelId)).some(({ type }) => type === 'LegsBridged'));
    expect((await events(line.channelId)).filter(({ type }) => type === 'SwitchActionRequested')).toEqual([]);
    expect(line.alive).toBe(true);
    line.hangUp();
    const ended = await eventually('the end', async () => (await events(line.channelId)).find(({ type }) => type === 'CallEnded'));
    expect(ended.data).toMatchObject({ endedBy: 'caller' });
  });
});
