import fc from 'fast-check';
import type { AgentShiftCommand } from '../../../src/routing/agents/domain/agent-shift.commands.js';
import { agentShiftDecider } from '../../../src/routing/agents/domain/agent-shift.decider.js';
import type { AgentShiftEvent } from '../../../src/routing/agents/domain/agent-shift.events.js';
import { engagementOf, type ShiftState } from '../../../src/routing/agents/domain/agent-shift.state.js';
import { happened, inSeconds, metaAt, NOW, specify } from '../../support/decider-spec.js';

const { given } = specify(agentShiftDecider);
type Data<T extends AgentShiftEvent['type']> = Omit<Extract<AgentShiftEvent, { type: T }>['data'], 'agentId' | 'shiftId'>;
const event = <T extends AgentShiftEvent['type']>(type: T, data: Data<T>): AgentShiftEvent => ({ type, data: { agentId: 'ann', shiftId: 'ann+1', ...data } }) as unknown as AgentShiftEvent;

const backOff = { noAnswerDelayMs: 30_000, rejectDelayMs: 10_000, maxNoAnswer: 3 };
const signedIn = event('AgentSignedIn', { shiftNumber: 1, idleSince: inSeconds(-600), noAnswerCount: 0 });
const available = event('AgentBecameAvailable', {});
const reserved = event('AgentReserved', { offerId: 'o1', callId: 'c1', queueId: 'sales', dueAt: inSeconds(25), backOff });
const ringing = event('AgentRinging', { offerId: 'o1', callId: 'c1' });
const onCall = event('AgentOnCall', { segmentId: 's1', callId: 'c1', queueId: 'sales', offerId: 'o1' });
const offCall = (since = -60, holdMs = 0) => event('AgentOffCall', { segmentId: 's1', callId: 'c1', queueId: 'sales', onCallSince: inSeconds(since), holdMs });
const wrapUp = event('AgentWrapUpStarted', { segmentId: 's1', callId: 'c1', queueId: 'sales', dueAt: inSeconds(30) });
const wrapUpEnded = (by: 'agent' | 'timer' | 'supervisor' | 'sign-out', since = -10) => event('AgentWrapUpEnded', { segmentId: 's1', callId: 'c1', queueId: 'sales', since: inSeconds(since), by });
const released = (reason: Data<'AgentReleased'>['reason'], noAnswerCount = 0, readyAt: string | null = null) => event('AgentReleased', { offerId: 'o1', callId: 'c1', reason, noAnswerCount, readyAt });
const paused = (reason: string) => event('AgentPaused', { reason });
const queuedPause = event('AgentPresenceQueued', { presence: 'paused', reason: 'lunch' });
const queuedSignOut = event('AgentPresenceQueued', { presence: 'signed-out', reason: null });
const signedOut = (idleSince: string, noAnswerCount = 0, signedInAt = inSeconds(-300)) => event('AgentSignedOut', { shiftNumber: 1, signedInAt, idleSince, noAnswerCount });
const ownCall = event('AgentOwnCallStarted', { legId: 'leg', callId: 'own' });
const ownCallEnded = (since: number) => event('AgentOwnCallEnded', { legId: 'leg', callId: 'own', since: inSeconds(since) });

const idle = [...happened(-300, signedIn), ...happened(-290, available)];
const isReserved = [...idle, ...happened(-5, reserved)];
const isRinging = [...isReserved, ...happened(-4, ringing)];
const talking = [...idle, ...happened(-62, reserved, ringing), ...happened(-60, onCall)];
const wrapping = [...talking, ...happened(-10, offCall(), wrapUp)];

const reserve = { offerId: 'o1', callId: 'c1', queueId: 'sales', dueAt: inSeconds(25), backOff };
const release = (reason: Data<'AgentReleased'>['reason'], offerId = 'o1') => ({ offerId, reason, at: NOW });
const endContact = { segmentId: 's1', holdMs: 1500, wrapUpMs: 0, at: NOW };

describe('signing in', () => {
  const open = { agentId: 'ann', shiftId: 'ann+1', shiftNumber: 1, idleSince: null, noAnswerCount: 0 };
  const start = specify(agentShiftDecider).given();

  it('opens the shift paused, with what the shift before left', () => {
    const state = start.when('OpenShift', { ...open, idleSince: inSeconds(-9000), noAnswerCount: 2 }).thenState(event('AgentSignedIn', { shiftNumber: 1, idleSince: inSeconds(-9000), noAnswerCount: 2 }));
    expect(state).toMatchObject({ presence: 'paused', pauseReason: 'signed-in', idleSince: inSeconds(-9000), noAnswerCount: 2 });
    expect(engagementOf(state)).toBe('idle');
  });

  it('counts the first idle time from the sign-in', () => start.when('OpenShift', open).then(event('AgentSignedIn', { shiftNumber: 1, idleSince: NOW, noAnswerCount: 0 })));
  it('happens once', () => given(...idle).when('OpenShift', open).thenNothing());
  it('does not reopen a shift that ended', () => given(...idle, signedOut(NOW)).when('OpenShift', open).thenNothing());
  it('is needed first', () => start.when('MakeAvailable', {}).thenRejects('shift-not-found'));
});

describe('a contact that nobody heard', () => {
  const contact = { segmentId: 's9', callId: 'c9', queueId: 'sales', startedAt: inSeconds(-200), endedAt: inSeconds(-100) };
  const noted = event('AgentContactNoted', contact);

  it('is noted, once', () => {
    given(...idle).when('NoteContact', contact).then(noted);
    given(...idle, noted).when('NoteContact', contact).thenNothing();
  });

  it('is noted of who has gone home as well, and lets nobody in again', () => {
    const state = given(...idle, signedOut(NOW)).when('NoteContact', contact).thenState(noted);
    expect(state).toMatchObject({ status: 'closed', presence: 'signed-out' });
    given(...idle, signedOut(NOW), noted).when('NoteContact', contact).thenNothing();
  });
});

describe('presence', () => {
  it('becomes available', () => given(signedIn).when('MakeAvailable', {}).then(available));
  it('is available already', () => given(...idle).when('MakeAvailable', {}).thenNothing());
  it('a pause does not make an agent less idle', () => {
    const { state } = given(...idle, paused('coffee'), available);
    expect(state.idleSince).toBe(inSeconds(-600));
  });
  it('pauses at once when idle', () => given(...idle).when('PauseAgent', { reason: 'lunch', force: false }).then(paused('lunch')));
  it('changes the reason of a pause', () => given(signedIn).when('PauseAgent', { reason: 'lunch', force: false }).then(paused('lunch')));
  it('is paused for this reason already', () => given(...idle, paused('lunch')).when('PauseAgent', { reason: 'lunch', force: false }).thenNothing());
  it.each(['', ' lunch', 'x'.repeat(65), 'a\nb'])('refuses the reason %j', (reason) => given(...idle).when('PauseAgent', { reason, force: false }).thenRejects('invalid-pause-reason'));
  it.each([['reserved', isReserved], ['ringing', isRinging], ['on a call', talking], ['wrapping up', wrapping], ['on an own call', [...idle, ownCall]]])('a pause waits while the agent is %s', (_, before) => {
    given(...before).when('PauseAgent', { reason: 'lunch', force: false }).then(queuedPause);
    given(...before, queuedPause).when('PauseAgent', { reason: 'lunch', force: false }).thenNothing();
  });
  it('a forced pause does not wait, and the call goes on', () => {
    const state = given(...talking, queuedSignOut).when('PauseAgent', { reason: 'coaching', force: true }).thenState(paused('coaching'));
    expect(state.queued).toBeNull();
    expect(engagementOf(state)).toBe('on-call');
  });
  it('takes a wish back', () => {
    const state = given(...talking, queuedPause).when('MakeAvailable', {}).thenState(event('AgentPresenceQueued', { presence: 'available', reason: null }));
    expect(state).toMatchObject({ presence: 'available', queued: null });
  });
  it('the newest wish counts', () => given(...talking, queuedPause).when('SignOutAgent', { force: false }).then(queuedSignOut));
});

describe('signing out', () => {
  it('hands over what the next shift needs', () => given(...idle).when('SignOutAgent', { force: false }).then(signedOut(inSeconds(-600))));
  it('is done already', () => given(...idle, signedOut(NOW)).when('SignOutAgent', { force: false }).thenNothing());
  it('leaves nothing to choose', () => given(...idle, signedOut(NOW)).when('MakeAvailable', {}).thenRejects('agent-signed-out'));
  it.each([['reserved', isReserved], ['ringing', isRinging], ['on a call', talking], ['on an own call', [...idle, ownCall]]])('waits while the agent is %s', (_, before) => {
    given(...before).when('SignOutAgent', { force: false }).then(queuedSignOut);
    given(...before, queuedSignOut).when('SignOutAgent', { force: false }).thenNothing();
  });
  it('ends wrap-up', () => given(...wrapping).when('SignOutAgent', { force: false }).then(wrapUpEnded('sign-out'), signedOut(NOW)));
  it('ends a wrap-up that a queued sign-out waits for', () => given(...talking, queuedSignOut, ...happened(-10, offCall(), wrapUp)).when('SignOutAgent', { force: false }).then(wrapUpEnded('sign-out'), signedOut(NOW)));
  it('follows the call when it was asked for during it', () =>
    given(...talking, queuedSignOut).when('EndContact', endContact).then(offCall(-60, 1500), signedOut(NOW)));
  it('follows the wrap-up when the call has one', () => {
    const state = given(...talking, queuedSignOut).when('EndContact', { ...endContact, wrapUpMs: 30_000 }).thenState(offCall(-60, 1500), wrapUp);
    expect(agentShiftDecider.decide({ type: 'EndWrapUp', data: { segmentId: 's1', by: 'timer' }, meta: metaAt(inSeconds(30)) }, state).map(({ type }) => type)).toEqual(['AgentWrapUpEnded', 'AgentSignedOut']);
  });
  it('by force closes a call whose end nobody told', () => given(...talking).when('SignOutAgent', { force: true }).then(offCall(-60), signedOut(NOW)));
  it('by force lets the offer go', () => given(...isRinging).when('SignOutAgent', { force: true }).then(released('rescinded'), signedOut(inSeconds(-600))));
  it('by force ends wrap-up as the supervisor', () => given(...wrapping).when('SignOutAgent', { force: true }).then(wrapUpEnded('supervisor'), signedOut(NOW)));
  it('by force ends the record of an own call', () => given(...idle, ...happened(-20, ownCall)).when('SignOutAgent', { force: true }).then(ownCallEnded(-20), signedOut(inSeconds(-600))));
  it('what the call tells afterwards changes nothing', () => {
    const out = given(...talking, signedOut(NOW));
    out.when('EndContact', endContact).thenNothing();
    out.when('StartContact', { segmentId: 's2', callId: 'c2', queueId: null, offerId: null, at: NOW }).thenNothing();
    out.when('ReleaseAgent', release('no-answer')).thenNothing();
    out.when('ExpireReservation', { offerId: 'o1' }).thenNothing();
    out.when('EndWrapUp', { segmentId: 's1', by: 'timer' }).thenNothing();
  });
});

describe('a reservation', () => {
  it('takes an available, idle agent', () => given(...idle).when('ReserveAgent', reserve).then(reserved));
  it('is made already', () => given(...isRinging).when('ReserveAgent', reserve).thenNothing());
  it.each([
    ['agent-paused', [signedIn]],
    ['agent-reserved', isReserved],
    ['agent-ringing', isRinging],
    ['agent-on-call', talking],
    ['agent-in-wrap-up', wrapping],
    ['agent-on-own-call', [...idle, ownCall]],
    ['agent-signed-out', [...idle, signedOut(NOW)]],
    ['agent-not-ready', [...isRinging, ...happened(-1, released('no-answer', 1, inSeconds(29)))]],
    ['shift-not-found', []],
  ])('is refused with %s', (code, before) => given(...before).when('ReserveAgent', { ...reserve, offerId: 'o2' }).thenRejects(code));
  it('is refused when the offer is over', () => given(...idle).when('ReserveAgent', { ...reserve, dueAt: NOW }).thenRejects('offer-overdue'));
  it('is made again when the time to be left alone has passed', () => given(...isRinging, ...happened(-1, released('no-answer', 1, NOW))).when('ReserveAgent', { ...reserve, offerId: 'o2' }).then(event('AgentReserved', { ...reserve, offerId: 'o2' })));
  it('rings once', () => {
    given(...isReserved).when('StartRinging', { offerId: 'o1', at: NOW }).then(ringing);
    given(...isRinging).when('StartRinging', { offerId: 'o1', at: NOW }).thenNothing();
    given(...isReserved).when('StartRinging', { offerId: 'o0', at: NOW }).thenNothing();
  });
  it('expires, and the agent is not offered again at once', () => {
    given(...isReserved).when('ExpireReservation', { offerId: 'o1' }, inSeconds(25)).then(released('expired', 0, inSeconds(35)));
    given(...isReserved).when('ExpireReservation', { offerId: 'o0' }, inSeconds(25)).thenNothing();
    given(...talking).when('ExpireReservation', { offerId: 'o1' }, inSeconds(25)).thenNothing();
  });
});

describe('a release', () => {
  it.each([
    ['no-answer', 1, inSeconds(30)],
    ['busy', 0, inSeconds(10)],
    ['rejected', 0, inSeconds(10)],
    ['unreachable', 0, inSeconds(10)],
    ['rescinded', 0, null],
  ] as const)('%s counts %i missed and is ready at %s', (reason, count, readyAt) => given(...isRinging).when('ReleaseAgent', release(reason)).then(released(reason, count, readyAt)));
  it('leaves a phone that refuses alone for a second at least', () => {
    const hasty = event('AgentReserved', { ...reserve, backOff: { ...backOff, rejectDelayMs: 0, noAnswerDelayMs: 0 } });
    given(...idle, ...happened(-5, hasty)).when('ReleaseAgent', release('busy')).then(released('busy', 0, inSeconds(1)));
    given(...idle, ...happened(-5, hasty)).when('ReleaseAgent', release('no-answer')).then(released('no-answer', 1, null));
  });
  it('leaves the idle time as it was', () => {
    const state = given(...isRinging).when('ReleaseAgent', release('no-answer')).thenState(released('no-answer', 1, inSeconds(30)));
    expect(state.idleSince).toBe(inSeconds(-600));
  });
  it('of another offer comes too late and changes nothing', () => {
    given(...isRinging).when('ReleaseAgent', release('no-answer', 'o0')).thenNothing();
    given(...idle).when('ReleaseAgent', release('rescinded')).thenNothing();
    given(...talking).when('ReleaseAgent', release('no-answer')).thenNothing();
  });
  it('pauses the agent who missed too many in a row, and counts anew', () => {
    const before = [...idle, ...happened(-9, reserved, released('no-answer', 2)), ...happened(-5, reserved)];
    const state = given(...before).when('ReleaseAgent', release('no-answer')).thenState(released('no-answer', 3, inSeconds(30)), event('AgentAutoPaused', { reason: 'no-answer', noAnswerCount: 3 }));
    expect(state).toMatchObject({ presence: 'paused', pauseReason: 'no-answer', noAnswerCount: 0 });
  });
  it('never pauses where the queue does not say so', () => {
    const lenient = event('AgentReserved', { ...reserve, backOff: { ...backOff, maxNoAnswer: null } });
    given(...idle, ...happened(-9, reserved, released('no-answer', 99)), ...happened(-5, lenient)).when('ReleaseAgent', release('no-answer')).then(released('no-answer', 100, inSeconds(30)));
  });
  it('fulfils the wish to pause, which comes before an automatic pause', () =>
    given(...idle, ...happened(-9, reserved, released('no-answer', 2)), ...happened(-5, reserved, queuedPause)).when('ReleaseAgent', release('no-answer')).then(released('no-answer', 3, inSeconds(30)), paused('lunch')));
  it('an answered offer ends the series', () => {
    const { state } = given(...idle, reserved, released('no-answer', 2), reserved, onCall);
    expect(state.noAnswerCount).toBe(0);
  });
});

describe('a contact', () => {
  const start = { segmentId: 's1', callId: 'c1', queueId: 'sales', offerId: 'o1', at: NOW };
  it('puts the agent on the call', () => given(...isRinging).when('StartContact', start).then(onCall));
  it('starts once', () => given(...talking).when('StartContact', start).thenNothing());
  it('without a reservation still counts: the call is the authority', () => given(...idle).when('StartContact', start).then(onCall));
  it('while paused counts as well', () => given(signedIn).when('StartContact', start).then(onCall));
  it('lets another offer go', () => given(...isRinging).when('StartContact', { ...start, offerId: 'o2', segmentId: 's2', callId: 'c2' }).then(released('rescinded'), event('AgentOnCall', { segmentId: 's2', callId: 'c2', queueId: 'sales', offerId: 'o2' })));
  it('ends the wrap-up of the one before', () => given(...wrapping).when('StartContact', { ...start, segmentId: 's2' }).then(wrapUpEnded('agent'), event('AgentOnCall', { segmentId: 's2', callId: 'c1', queueId: 'sales', offerId: 'o1' })));
  it('ends, and the idle time begins', () => {
    const state = given(...talking).when('EndContact', endContact).thenState(offCall(-60, 1500));
    expect(state.idleSince).toBe(NOW);
    expect(engagementOf(state)).toBe('idle');
  });
  it('ends with a wrap-up, after which the idle time begins', () => {
    const state = given(...talking).when('EndContact', { ...endContact, wrapUpMs: 30_000 }).thenState(offCall(-60, 1500), wrapUp);
    expect(engagementOf(state)).toBe('wrap-up');
  });
  it('that the shift does not know of ends without a trace', () => given(...talking).when('EndContact', { ...endContact, segmentId: 's0' }).thenNothing());
  it('of two, the last one to end leads to the wrap-up', () => {
    const second = event('AgentOnCall', { segmentId: 's2', callId: 'c2', queueId: null, offerId: null });
    const state = given(...talking, ...happened(-30, second)).when('EndContact', { ...endContact, wrapUpMs: 30_000 }).thenState(offCall(-60, 1500));
    expect(engagementOf(state)).toBe('on-call');
  });
  it('happens when the call says, but neither before what was recorded nor in the future', () => {
    given(...isRinging).when('StartContact', { ...start, at: inSeconds(-2) }).then({ ...onCall, occurredAt: inSeconds(-2) });
    given(...isRinging).when('StartContact', { ...start, at: inSeconds(-20) }).then({ ...onCall, occurredAt: inSeconds(-4) });
    given(...isRinging).when('StartContact', { ...start, at: inSeconds(3600) }).then({ ...onCall, occurredAt: NOW });
  });
});

describe('wrap-up', () => {
  it.each(['agent', 'timer', 'supervisor'] as const)('is ended by the %s, and the idle time begins', (by) => {
    const state = given(...wrapping).when('EndWrapUp', { segmentId: 's1', by }).thenState(wrapUpEnded(by));
    expect(state.idleSince).toBe(NOW);
  });
  it('is ended whatever its contact', () => given(...wrapping).when('EndWrapUp', { segmentId: null, by: 'agent' }).then(wrapUpEnded('agent')));
  it('is not ended by the timer of an earlier one', () => given(...wrapping).when('EndWrapUp', { segmentId: 's0', by: 'timer' }).thenNothing());
  it('is over already', () => given(...idle).when('EndWrapUp', { segmentId: null, by: 'agent' }).thenNothing());
  it('is followed by the pause that was asked for', () => given(...wrapping, ...happened(-5, queuedPause)).when('EndWrapUp', { segmentId: null, by: 'agent' }).then(wrapUpEnded('agent'), paused('lunch')));
  it('ends under an own call, and the wish waits for its end', () => {
    const state = given(...wrapping, ...happened(-5, ownCall, queuedPause)).when('EndWrapUp', { segmentId: 's1', by: 'timer' }).thenState(wrapUpEnded('timer'));
    expect(engagementOf(state)).toBe('own-call');
  });
});

describe('an own call', () => {
  it('makes the agent busy', () => given(...idle).when('StartOwnCall', { legId: 'leg', callId: 'own', at: NOW }).then(ownCall));
  it('starts once', () => given(...idle, ownCall).when('StartOwnCall', { legId: 'leg', callId: 'own', at: NOW }).thenNothing());
  it('ends and leaves the idle time as it was', () => {
    const state = given(...idle, ...happened(-20, ownCall)).when('EndOwnCall', { legId: 'leg', at: NOW }).thenState(ownCallEnded(-20));
    expect(state.idleSince).toBe(inSeconds(-600));
  });
  it('is followed by the sign-out that was asked for', () => given(...idle, ...happened(-20, ownCall), queuedSignOut).when('EndOwnCall', { legId: 'leg', at: NOW }).then(ownCallEnded(-20), signedOut(inSeconds(-600))));
  it('that nobody knows of ends without a trace', () => given(...idle).when('EndOwnCall', { legId: 'leg', at: NOW }).thenNothing());
});

describe('any order of commands', () => {
  const offers = fc.constantFrom('o1', 'o2');
  const segments = fc.constantFrom('o1', 'o2');
  const at = NOW;
  const command: fc.Arbitrary<Pick<AgentShiftCommand, 'type' | 'data'>> = fc.oneof(
    fc.record({ type: fc.constant('MakeAvailable' as const), data: fc.constant({}) }),
    fc.record({ type: fc.constant('PauseAgent' as const), data: fc.record({ reason: fc.constantFrom('lunch', 'coffee'), force: fc.boolean() }) }),
    fc.record({ type: fc.constant('SignOutAgent' as const), data: fc.record({ force: fc.boolean() }) }),
    fc.record({ type: fc.constant('EndWrapUp' as const), data: fc.record({ segmentId: fc.constant(null), by: fc.constantFrom('agent' as const, 'timer' as const) }) }),
    fc.record({ type: fc.constant('ReserveAgent' as const), data: fc.record({ offerId: offers, callId: fc.constant('c'), queueId: fc.constant('q'), dueAt: fc.constant(inSeconds(9e6)), backOff: fc.constant(backOff) }) }),
    fc.record({ type: fc.constant('StartRinging' as const), data: fc.record({ offerId: offers, at: fc.constant(at) }) }),
    fc.record({ type: fc.constant('ReleaseAgent' as const), data: fc.record({ offerId: offers, reason: fc.constantFrom('no-answer' as const, 'busy' as const, 'rescinded' as const), at: fc.constant(at) }) }),
    fc.record({ type: fc.constant('ExpireReservation' as const), data: fc.record({ offerId: offers }) }),
    fc.record({ type: fc.constant('StartContact' as const), data: fc.record({ segmentId: segments, callId: fc.constant('c'), queueId: fc.constant('q'), offerId: offers, at: fc.constant(at) }) }),
    fc.record({ type: fc.constant('EndContact' as const), data: fc.record({ segmentId: segments, holdMs: fc.constant(0), wrapUpMs: fc.constantFrom(0, 5000), at: fc.constant(at) }) }),
    fc.record({ type: fc.constant('StartOwnCall' as const), data: fc.record({ legId: fc.constant('leg'), callId: fc.constant('own'), at: fc.constant(at) }) }),
    fc.record({ type: fc.constant('EndOwnCall' as const), data: fc.record({ legId: fc.constant('leg'), at: fc.constant(at) }) }),
  ) as fc.Arbitrary<Pick<AgentShiftCommand, 'type' | 'data'>>;

  it('keeps the shift sound: one reservation, nothing open after sign-out, no wish left when idle, JSON only', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(command, fc.integer({ min: 0, max: 60 })), { maxLength: 60 }), (steps) => {
        let state: ShiftState = given(signedIn).state;
        let seconds = 0;
        for (const [{ type, data }, wait] of steps) {
          seconds += wait;
          let decided: readonly AgentShiftEvent[];
          try {
            decided = agentShiftDecider.decide({ type, data, meta: metaAt(inSeconds(seconds)) } as AgentShiftCommand, state);
          } catch (error) {
            expect(error).toMatchObject({ name: 'DomainError' });
            continue;
          }
          for (const next of decided) {
            if (next.type === 'AgentReserved') expect(state).toMatchObject({ presence: 'available', reservation: null, contacts: [], ownCalls: [], wrapUp: null });
            expect(Date.parse(next.occurredAt ?? '')).toBeGreaterThanOrEqual(Date.parse(state.lastAt));
            state = agentShiftDecider.evolve(state, { ...next, occurredAt: next.occurredAt ?? NOW });
          }
          if (state.status === 'closed') expect(state).toMatchObject({ presence: 'signed-out', reservation: null, contacts: [], ownCalls: [], wrapUp: null, queued: null });
          if (engagementOf(state) === 'idle') expect(state.queued).toBeNull();
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        }
      }),
      { numRuns: 300 },
    );
  });
});
