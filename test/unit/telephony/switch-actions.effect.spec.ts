import { msOf } from '../../../src/kernel/clock.js';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import { switchActions } from '../../../src/telephony/calls/processes/switch-actions.effect.js';
import type { ActionResult, TelephonyGateway } from '../../../src/telephony/ports/telephony-gateway.port.js';

const DEADLINE = '2026-01-01T00:00:10.000Z';

const requested = (deed: string, parameters: object = {}): RecordedEvent => ({
  id: 'e', type: 'SwitchActionRequested', schemaVersion: 1, stream: 'call-1', revision: 1n, position: 1n, recordedAt: DEADLINE,
  data: { nodeId: 'fs1', actionId: 'a', channelId: 'c', deed, parameters: { ...parameters }, personal: null, personId: 'p', deadlineAt: DEADLINE },
  metadata: { tenantId: 't', occurredAt: DEADLINE, commandId: 'c', $correlationId: '1', $causationId: 'c', actor: { kind: 'system', id: 's' } },
});

const gateway = (ready: boolean, result: ActionResult): TelephonyGateway => ({ isReady: () => ready, perform: () => Promise.resolve(result), exists: () => Promise.resolve(true) });

const outcome = async (deed: string, ready: boolean, result: ActionResult, parameters?: object): Promise<string> => {
  const kind = switchActions(gateway(ready, result));
  const effect = kind.effectOf(requested(deed, parameters));
  return (await kind.perform(effect.request!, effect)).outcome;
};

describe('deeds on the switch', () => {
  it('a hang-up is still done when the node was away for minutes, any other deed is not', () => {
    const kind = switchActions(gateway(true, { ok: true, result: '' }));
    expect(msOf(kind.effectOf(requested('hang-up', { cause: 'NORMAL_CLEARING' })).deadlineAt) - msOf(DEADLINE)).toBeGreaterThanOrEqual(300_000);
    for (const deed of ['answer', 'park', 'bridge', 'transfer']) expect(kind.effectOf(requested(deed)).deadlineAt).toBe(DEADLINE);
  });

  it('of one channel keep their order, whichever says first that it begins; the order of their ends is the gateway\'s', () => {
    const kind = switchActions(gateway(true, { ok: true, result: '' }));
    expect(kind.effectOf(requested('transfer', { leg: 'this' })).lane).toBe(kind.effectOf(requested('hang-up')).lane);
    expect(kind.turnEnds).toBe('begun');
  });

  it('what failed because the node went is asked about when it is back, unless it is done at most once', async () => {
    const notSent: ActionResult = { ok: false, reason: 'the media node is not connected: nothing was sent' };
    expect(await outcome('hang-up', false, notSent, { cause: 'NORMAL_CLEARING' })).toBe('unknown');
    expect(await outcome('bridge', false, notSent, { otherChannelId: 'd' })).toBe('unknown');
    expect(await outcome('transfer', false, notSent, { destination: '1', leg: 'this' })).toBe('failed');
    expect(await outcome('hang-up', true, { ok: false, reason: '-ERR no such channel' }, { cause: 'NORMAL_CLEARING' })).toBe('failed');
  });
});
