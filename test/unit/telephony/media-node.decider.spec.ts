import { mediaNodeDecider } from '../../../src/telephony/media-nodes/domain/media-node.decider.js';
import type { MediaNodeEvent } from '../../../src/telephony/media-nodes/domain/media-node.events.js';
import { inSeconds, NOW, specify } from '../../support/decider-spec.js';

const { given } = specify(mediaNodeDecider);
const settings = { name: 'Node 1', host: 'fs1.example.net', port: 8021, password: 'secret', deviceAddress: 'user/{user}@default', trunkAddress: 'sofia/gateway/carrier/{number}', music: 'local_stream://moh', recordingsFolder: '/var/recordings' };
const registered: MediaNodeEvent = { type: 'MediaNodeRegistered', data: { nodeId: 'fs1', settings } };
const retired: MediaNodeEvent = { type: 'MediaNodeRetired', data: { nodeId: 'fs1' } };
const opened: MediaNodeEvent = { type: 'MediaNodeGapOpened', data: { nodeId: 'fs1', gapId: 'g1', from: inSeconds(-10), cause: 'connection-lost' } };
const findings = { channelsSeen: 3, legsConfirmed: 2, endsInferred: 1, callersAdmitted: 1, callsAffected: 1 };
const closed = (switchSessionId: string): MediaNodeEvent => ({ type: 'MediaNodeGapClosed', data: { nodeId: 'fs1', gapId: 'g1', from: inSeconds(-10), to: NOW, switchSessionId, ...findings } });
const measured = (offsetMs: number): MediaNodeEvent => ({ type: 'MediaNodeClockMeasured', data: { nodeId: 'fs1', offsetMs } });

describe('a media node', () => {
  it('is registered once', () => {
    given().when('RegisterMediaNode', { nodeId: 'fs1', settings }).then(registered);
    given(registered).when('RegisterMediaNode', { nodeId: 'fs1', settings }).thenRejects('node-exists');
  });
  it.each([
    ['invalid-node-name', { name: '' }],
    ['invalid-node-host', { host: '' }],
    ['invalid-node-host', { host: 'a b' }],
    ['invalid-node-port', { port: 0 }],
    ['invalid-node-password', { password: 'a\nb' }],
    ['invalid-node-address', { deviceAddress: 'user/1001' }],
    ['invalid-node-address', { trunkAddress: 'sofia/gateway/{number}/{number}' }],
    ['invalid-music', { music: '' }],
    ['invalid-recordings-folder', { recordingsFolder: '' }],
  ])('is refused with %s for %j', (code, change) => {
    given().when('RegisterMediaNode', { nodeId: 'fs1', settings: { ...settings, ...change } }).thenRejects(code);
    given(registered).when('ConfigureMediaNode', { settings: { ...settings, ...change } }).thenRejects(code);
  });
  it('changes only what is different', () => {
    given(registered).when('ConfigureMediaNode', { settings: { ...settings, port: 8022 } }).then({ type: 'MediaNodeConfigured', data: { nodeId: 'fs1', settings: { ...settings, port: 8022 } } });
    given(registered).when('ConfigureMediaNode', { settings: { ...settings } }).thenNothing();
  });
  it('retires for good', () => {
    given(registered).when('RetireMediaNode', {}).then(retired);
    given(registered, retired).when('RetireMediaNode', {}).thenNothing();
    given(registered, retired).when('ConfigureMediaNode', { settings }).thenRejects('node-retired');
  });
  it('must exist', () => {
    given().when('ConfigureMediaNode', { settings }).thenRejects('node-not-found');
    given().when('OpenMediaNodeGap', { gapId: 'g1', from: NOW, cause: 'engine-away' }).thenRejects('node-not-found');
    given().when('MeasureMediaNodeClock', { offsetMs: 0 }).thenRejects('node-not-found');
  });
  it('has one gap at a time: the first stands', () => {
    given(registered).when('OpenMediaNodeGap', { gapId: 'g1', from: inSeconds(-10), cause: 'connection-lost' }).then(opened);
    given(registered, opened).when('OpenMediaNodeGap', { gapId: 'g2', from: NOW, cause: 'heartbeat-missed' }).thenNothing();
  });
  it('closes the gap that is open', () => {
    given(registered, opened).when('CloseMediaNodeGap', { gapId: 'g1', to: NOW, switchSessionId: 'core-1', ...findings }).then(closed('core-1'));
    given(registered).when('CloseMediaNodeGap', { gapId: 'g1', to: NOW, switchSessionId: 'core-1', ...findings }).thenNothing();
    given(registered, opened).when('CloseMediaNodeGap', { gapId: 'g0', to: NOW, switchSessionId: 'core-1', ...findings }).thenNothing();
  });
  it('says that the switch restarted', () => {
    given(registered, opened, closed('core-1'), opened)
      .when('CloseMediaNodeGap', { gapId: 'g1', to: NOW, switchSessionId: 'core-2', ...findings })
      .then({ type: 'MediaNodeRestarted', data: { nodeId: 'fs1', previousSwitchSessionId: 'core-1', switchSessionId: 'core-2' } }, closed('core-2'));
    given(registered, opened, closed('core-1'), opened).when('CloseMediaNodeGap', { gapId: 'g1', to: NOW, switchSessionId: 'core-1', ...findings }).then(closed('core-1'));
  });
  it('records its clock when it moved by 20 ms', () => {
    given(registered).when('MeasureMediaNodeClock', { offsetMs: 3.4 }).then(measured(3));
    given(registered, measured(3)).when('MeasureMediaNodeClock', { offsetMs: 22 }).thenNothing();
    given(registered, measured(3)).when('MeasureMediaNodeClock', { offsetMs: -17 }).then(measured(-17));
    given(registered).when('MeasureMediaNodeClock', { offsetMs: Number.NaN }).thenRejects('invalid-clock-offset');
  });

  it('knows when it was compared last: until then it was heard, whatever was said', () => {
    const events = [
      { type: 'MediaNodeGapOpened', data: { nodeId: 'fs1', gapId: 'g', from: '2026-01-01T10:00:00.000Z', cause: 'engine-away' }, occurredAt: '2026-01-01T10:00:31.000Z' },
      { type: 'MediaNodeGapClosed', data: { nodeId: 'fs1', gapId: 'g', from: '2026-01-01T10:00:00.000Z', to: '2026-01-01T10:00:30.000Z', switchSessionId: 's', ...findings }, occurredAt: '2026-01-01T10:00:31.000Z' },
    ] as const;
    expect(events.reduce((state, event) => mediaNodeDecider.evolve(state, event), mediaNodeDecider.initialState)).toMatchObject({ gap: null, comparedAt: '2026-01-01T10:00:30.000Z' });
  });
});
