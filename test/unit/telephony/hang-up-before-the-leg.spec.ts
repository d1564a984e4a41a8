import type { Command } from '../../../src/kernel/command.js';
import { isoTime } from '../../../src/kernel/clock.js';
import type { CallCommand, NewLeg } from '../../../src/telephony/calls/domain/call.commands.js';
import { callDecider } from '../../../src/telephony/calls/domain/call.decider.js';
import type { CallEvent } from '../../../src/telephony/calls/domain/call.events.js';

const T0 = Date.parse('2026-03-02T09:00:00.000Z');
const LEG: NewLeg = { legId: 'A', nodeId: 'n1', role: 'callee', direction: 'outbound', origin: 'trunk', internal: false, agentId: null, shiftId: null, personId: 'p', number: '+15550100', name: '' };

/** A call that was just placed; `send` tells what a command recorded. */
const placed = () => {
  let state = callDecider.initialState;
  let sent = 0;
  const events: CallEvent[] = [];
  const send = <T extends CallCommand['type']>(type: T, data: Extract<CallCommand, { type: T }>['data']): string[] => {
    sent += 1;
    const meta: Command['meta'] = { commandId: `c${sent}`, tenantId: 't', at: isoTime(T0 + sent * 1_000), actor: { kind: 'user', id: 'u' }, correlationId: 'A', causationId: 'x' };
    const decided = callDecider.decide({ type, data, meta } as CallCommand, state);
    for (const event of decided) state = callDecider.evolve(state, { ...event, occurredAt: event.occurredAt ?? meta.at });
    events.push(...decided);
    return decided.map((event) => (event.type === 'SwitchActionRequested' ? `${event.data.deed} ${event.data.channelId}` : event.type));
  };
  send('PlaceCall', { callId: 'A', nodeId: 'n1', legId: 'A', personId: 'p', from: '+15550199', fromName: '', to: '+15550100', address: 'sofia/gateway/carrier/+15550100', timeoutMs: 30_000 });
  const [originate] = events.flatMap((event) => (event.type === 'SwitchActionRequested' ? [event.data.actionId] : []));
  return { send, events, originate: originate! };
};

describe('a placed call that is hung up before its leg is there', () => {
  it('is not dialled any more, where that has not begun; the call ends as cancelled', () => {
    const { send, originate, events } = placed();
    expect(send('HangUpCall', { cause: 'NORMAL_CLEARING' })).toEqual(['hang-up A']);
    expect(() => send('StartAction', { actionId: originate })).toThrow('told to hang up before it was dialled');
    expect(send('SettleAction', { actionId: originate, outcome: 'failed', detail: 'the leg was told to hang up before it was dialled' })).toEqual(['SwitchActionFailed', 'CallEnded']);
    expect(events.at(-1)).toMatchObject({ data: { cause: 'ORIGINATOR_CANCEL' } });
  });

  it('is told to hang up while it is dialled, once, however often it is asked for', () => {
    const { send, originate } = placed();
    expect(send('StartAction', { actionId: originate })).toEqual(['SwitchActionStarted']);
    expect(send('HangUpCall', { cause: 'NORMAL_CLEARING' })).toEqual(['hang-up A']);
    expect(send('HangUpCall', { cause: 'NORMAL_CLEARING' })).toEqual([]);
  });

  it('is told to hang up when the switch has begun it and nobody has seen it', () => {
    const { send, originate } = placed();
    send('StartAction', { actionId: originate });
    send('SettleAction', { actionId: originate, outcome: 'succeeded', detail: 'A' });
    expect(send('HangUpCall', { cause: 'NORMAL_CLEARING' })).toEqual(['hang-up A']);
    expect(send('AddLeg', { leg: LEG })).toEqual(['LegStarted']);
  });

  it('may be told so by the name of its leg, too', () => {
    const { send } = placed();
    expect(send('RequestAction', { action: { actionId: 'a', channelId: 'A', deed: 'hang-up', cause: 'NORMAL_CLEARING' }, timeoutMs: 10_000 })).toEqual(['hang-up A']);
    expect(() => send('RequestAction', { action: { actionId: 'b', channelId: 'A', deed: 'park' }, timeoutMs: 10_000 })).toThrow('no such leg');
  });
});

describe('a placed call that cannot be dialled', () => {
  it('ends with the cause that the switch gives', () => {
    const { send, originate, events } = placed();
    send('StartAction', { actionId: originate });
    expect(send('SettleAction', { actionId: originate, outcome: 'failed', detail: 'INVALID_GATEWAY' })).toEqual(['SwitchActionFailed', 'CallEnded']);
    expect(events.at(-1)).toMatchObject({ data: { cause: 'INVALID_GATEWAY' } });
  });
});
