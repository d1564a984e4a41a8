import type { RecordedEvent } from '../../../src/kernel/event.js';
import { laneOf as lane, type Process } from '../../../src/kernel/process.js';
import type { TimerRule } from '../../../src/platform/effects/timers.js';
import { agentShiftTimers } from '../../../src/routing/agents/agent-shift.timers.js';
import { endShiftWhenSignedOut } from '../../../src/routing/agents/processes/end-shift-when-signed-out.process.js';
import { openShiftWhenStarted } from '../../../src/routing/agents/processes/open-shift-when-started.process.js';
import { offerTimers } from '../../../src/routing/offers/offer.timers.js';
import { agentFollowsTheCall } from '../../../src/routing/offers/processes/agent-follows-the-call.process.js';
import { endOfferWhenAgentIsLetGo } from '../../../src/routing/offers/processes/end-offer-when-agent-is-let-go.process.js';
import { ringAgentWhenReserved } from '../../../src/routing/offers/processes/ring-agent-when-reserved.process.js';
import { inSeconds, NOW } from '../../support/decider-spec.js';

const on = (stream: string, type: string, data: object): RecordedEvent => ({
  id: 'e', type, schemaVersion: 1, data, stream, revision: 0n, position: 1n, recordedAt: inSeconds(5),
  metadata: { tenantId: 'acme', occurredAt: NOW, commandId: 'c', $correlationId: 'c', $causationId: 'c', actor: { kind: 'system', id: 'test' } },
});
const react = (process: Process, stream: string, type: string, data: object) => process.react(on(stream, type, data));
const CALL = 'call-c-1';
const SHIFT = 'agentShift-ann+1';
const of = { offerId: 'o1', agentId: 'ann', shiftId: 'ann+1', segmentId: 's1', queueId: 'sales' };
const backOff = { noAnswerDelayMs: 1, rejectDelayMs: 2, maxNoAnswer: 3 };

describe('the agent follows the call', () => {
  const follow = (type: string, data: object) => react(agentFollowsTheCall, CALL, type, data);
  const made = { ...of, legId: 'leg', address: '[erased]', dueAt: inSeconds(25), ringTimeoutMs: 20_000, wrapUpMs: 0 };

  it('is reserved when offered, and the offer is declined when the shift refuses', () => {
    const [command, ...rest] = follow('OfferMade', { ...made, backOff });
    expect(rest).toEqual([]);
    expect(command).toMatchObject({ stream: SHIFT, type: 'ReserveAgent', data: { offerId: 'o1', callId: 'c-1', queueId: 'sales', dueAt: inSeconds(25), backOff } });
    expect(command?.onRefused?.('agent-paused')).toEqual({ stream: CALL, type: 'DeclineOffer', data: { offerId: 'o1', code: 'agent-paused' } });
  });
  it('one call after the other: what calls say of a shift is in one lane, what concerns no shift in its call\'s', () => {
    const laneOf = (call: string, type: string, data: object) => lane(agentFollowsTheCall, on(call, type, data));
    expect([laneOf('call-c-1', 'AgentContactEnded', of), laneOf('call-c-2', 'OfferMade', made), laneOf('call-c-1', 'LegEnded', { legId: 'leg', agentId: null, shiftId: null })]).toEqual(['ann+1', 'ann+1', 'c']);
  });
  it('is left alone for no time where the offer does not say', () => expect(follow('OfferMade', made)).toMatchObject([{ data: { backOff: { noAnswerDelayMs: 0, rejectDelayMs: 0, maxNoAnswer: null } } }]));
  it('rings', () => expect(follow('OfferRinging', of)).toEqual([{ stream: SHIFT, type: 'StartRinging', data: { offerId: 'o1', at: NOW } }]));
  it.each(['no-answer', 'busy', 'rejected', 'unreachable', 'expired', 'rescinded'])('is let go: %s', (failure) =>
    expect(follow('OfferFailed', { ...of, failure, cause: null })).toEqual([{ stream: SHIFT, type: 'ReleaseAgent', data: { offerId: 'o1', reason: failure, at: NOW } }]));
  it('need not be let go where the shift refused', () => expect(follow('OfferFailed', { ...of, failure: 'refused', cause: null })).toEqual([]));
  it('talks', () => {
    expect(follow('AgentContactStarted', { ...of, legId: 'leg' })).toEqual([{ stream: SHIFT, type: 'StartContact', data: { segmentId: 's1', callId: 'c-1', queueId: 'sales', offerId: 'o1', at: NOW } }]);
    expect(follow('AgentContactEnded', { ...of, startedAt: NOW, holdMs: 7, reason: 'caller-hung-up', wrapUpMs: 30_000 })).toEqual([{ stream: SHIFT, type: 'EndContact', data: { segmentId: 's1', holdMs: 7, wrapUpMs: 30_000, at: NOW } }]);
  });
  it('makes an own call from the device', () => {
    const leg = { legId: 'leg', origin: 'device', role: 'agent', agentId: 'ann', shiftId: 'ann+1', offerId: null };
    expect(follow('LegStarted', leg)).toEqual([{ stream: SHIFT, type: 'StartOwnCall', data: { legId: 'leg', callId: 'c-1', at: NOW } }]);
    expect(follow('LegStarted', { ...leg, offerId: 'o1' })).toEqual([]);
    expect(follow('LegStarted', { ...leg, origin: 'trunk' })).toEqual([]);
    expect(follow('LegStarted', { ...leg, shiftId: null })).toEqual([]);
    expect(follow('LegStarted', { ...leg, agentId: null, shiftId: null })).toEqual([]);
    expect(follow('LegEnded', { legId: 'leg', agentId: 'ann', shiftId: 'ann+1' })).toEqual([{ stream: SHIFT, type: 'EndOwnCall', data: { legId: 'leg', at: NOW } }]);
    expect(follow('LegEnded', { legId: 'leg', agentId: null, shiftId: null })).toEqual([]);
  });
});

describe('what follows from a shift', () => {
  it('a reservation rings the agent, and is taken back where the call refuses', () => {
    const [command] = react(ringAgentWhenReserved, SHIFT, 'AgentReserved', { ...of, callId: 'c-1' });
    expect(command).toMatchObject({ stream: CALL, type: 'RingAgent', data: { offerId: 'o1' } });
    expect(command?.onRefused?.('not-found')).toEqual({ stream: SHIFT, type: 'ReleaseAgent', data: { offerId: 'o1', reason: 'rescinded', at: NOW } });
  });
  it.each([['expired', 'ExpireOffer'], ['rescinded', 'RescindOffer']])('a reservation that %s: %s', (reason, type) =>
    expect(react(endOfferWhenAgentIsLetGo, SHIFT, 'AgentReleased', { ...of, callId: 'c-1', reason })).toEqual([{ stream: CALL, type, data: { offerId: 'o1' } }]));
  it.each(['no-answer', 'busy', 'rejected', 'unreachable'])('%s came from the call itself', (reason) => expect(react(endOfferWhenAgentIsLetGo, SHIFT, 'AgentReleased', { ...of, callId: 'c-1', reason })).toEqual([]));
  it('a sign-in opens the shift, a sign-out ends it', () => {
    const shift = { agentId: 'ann', shiftId: 'ann+2', shiftNumber: 2, idleSince: NOW, noAnswerCount: 1 };
    expect(react(openShiftWhenStarted, 'agent-ann', 'AgentShiftStarted', shift)).toEqual([{ stream: 'agentShift-ann+2', type: 'OpenShift', data: shift }]);
    expect(react(endShiftWhenSignedOut, 'agentShift-ann+2', 'AgentSignedOut', { ...shift, signedInAt: NOW })).toEqual([{ stream: 'agent-ann', type: 'EndShift', data: { shiftId: 'ann+2', idleSince: NOW, noAnswerCount: 1 } }]);
  });
});

describe('timers', () => {
  const changes = (rule: TimerRule, stream: string, type: string, data: object) => rule.timersOf(on(stream, type, data));
  const dueAt = inSeconds(25);

  it('an offer ends at its due time, unless it ended before', () => {
    expect(changes(offerTimers, CALL, 'OfferMade', { ...of, dueAt })).toEqual([{ set: 'offer:o1', dueAt, command: { stream: CALL, type: 'ExpireOffer', data: { offerId: 'o1' } } }]);
    for (const type of ['AgentContactStarted', 'OfferDeclined', 'OfferFailed']) expect(changes(offerTimers, CALL, type, of)).toEqual([{ cancel: 'offer:o1' }]);
  });
  it('a wait ends where the queue says so', () => {
    expect(changes(offerTimers, CALL, 'CallEnqueued', { segmentId: 's1', maxWaitAt: dueAt })).toEqual([{ set: 'queue-wait:s1', dueAt, command: { stream: CALL, type: 'ExpireQueueWait', data: { segmentId: 's1' } } }]);
    expect(changes(offerTimers, CALL, 'CallEnqueued', { segmentId: 's1', maxWaitAt: null })).toEqual([]);
    expect(changes(offerTimers, CALL, 'CallDequeued', { segmentId: 's1' })).toEqual([{ cancel: 'queue-wait:s1' }]);
  });
  it('a reservation ends at its due time, unless it ended before', () => {
    expect(changes(agentShiftTimers, SHIFT, 'AgentReserved', { ...of, dueAt })).toEqual([{ set: 'reservation:o1', dueAt, command: { stream: SHIFT, type: 'ExpireReservation', data: { offerId: 'o1' } } }]);
    expect(changes(agentShiftTimers, SHIFT, 'AgentReleased', of)).toEqual([{ cancel: 'reservation:o1' }]);
    expect(changes(agentShiftTimers, SHIFT, 'AgentOnCall', of)).toEqual([{ cancel: 'reservation:o1' }]);
    expect(changes(agentShiftTimers, SHIFT, 'AgentOnCall', { ...of, offerId: null })).toEqual([]);
  });
  it('wrap-up ends at its due time, unless it ended before', () => {
    expect(changes(agentShiftTimers, SHIFT, 'AgentWrapUpStarted', { ...of, dueAt })).toEqual([{ set: 'wrap-up:s1', dueAt, command: { stream: SHIFT, type: 'EndWrapUp', data: { segmentId: 's1', by: 'timer' } } }]);
    expect(changes(agentShiftTimers, SHIFT, 'AgentWrapUpEnded', of)).toEqual([{ cancel: 'wrap-up:s1' }]);
  });
});
