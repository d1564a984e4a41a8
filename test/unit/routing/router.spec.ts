import { jest } from '@jest/globals';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import { enteringCaller } from '../../../src/routing/offers/routing-view.js';
import { CallFloor } from '../../support/call-floor.js';

const opened = async (agents: readonly string[] = ['ann', 'bob'], settings = {}): Promise<CallFloor> => {
  const floor = new CallFloor();
  await floor.boot();
  await floor.node();
  await floor.queue('sales', settings, agents);
  return floor;
};
const dataOf = <T>(events: readonly RecordedEvent[], type: string): T[] => events.filter((event) => event.type === type).map((event) => event.data as T);
const SIGNED_IN = ['AgentSignedIn', 'AgentBecameAvailable'];
const alarms = (floor: CallFloor): Record<string, number> => Object.fromEntries(floor.engines.flatMap((engine) => [...engine.alarms.counts]));

describe('a call through the router', () => {
  it('is offered, rings, is answered, ended and wrapped up', async () => {
    const floor = await opened(['ann']);
    await floor.call('c1', 'sales');
    await floor.advance(10_000);
    expect(await floor.types('call-c1')).toEqual(['CallEnqueued']);
    await floor.signIn('ann');
    await floor.advance(120_000);
    expect(await floor.types('call-c1')).toEqual(['CallEnqueued', 'OfferMade', 'OfferRinging', 'OfferAccepted', 'CallDequeued', 'AgentContactStarted', 'AgentContactEnded', 'CallEnded']);
    expect(await floor.types('agentShift-ann+1')).toEqual([...SIGNED_IN, 'AgentReserved', 'AgentRinging', 'AgentOnCall', 'AgentOffCall', 'AgentWrapUpStarted', 'AgentWrapUpEnded']);
    const shift = await floor.events('agentShift-ann+1');
    const contact = (await floor.events('call-c1')).filter(({ type }) => type.startsWith('AgentContact')).map(({ metadata }) => metadata.occurredAt);
    expect(shift.filter(({ type }) => type === 'AgentOnCall' || type === 'AgentOffCall').map(({ metadata }) => metadata.occurredAt)).toEqual(contact);
    const [wrapUp] = dataOf<{ dueAt: string }>(shift, 'AgentWrapUpStarted');
    expect(shift.at(-1)?.metadata.occurredAt).toBe(wrapUp?.dueAt);
    expect(alarms(floor)).toEqual({});
  });

  it('is offered with its entry in one append where somebody is ready, and the agent is rung by it', async () => {
    const floor = await opened(['ann']);
    await floor.signIn('ann');
    const before = (await floor.everything()).length;
    const appends: string[][] = [];
    floor.engines[0]?.log.onCommitted((events) => appends.push(events.map(({ type }) => type)));
    const together = jest.spyOn(floor.store, 'appendTogether');
    await floor.call('c1', 'sales');
    expect(together).toHaveBeenCalledTimes(1);
    expect(together.mock.calls[0]?.[0].map(({ stream }) => stream)).toEqual(['call-c1', 'call-c1', 'agentShift-ann+1', 'call-c1']);
    const [enqueued, offered] = (await floor.events('call-c1')).filter(({ type }) => type === 'CallEnqueued' || type === 'OfferMade');
    expect(offered?.metadata.$causationId).toBe(enqueued?.id);
    expect(appends.flat().filter((type) => /^(CallEnq|Offer|Agent)/.test(type))).toEqual(['CallEnqueued', 'OfferMade', 'AgentReserved']);
    expect((await floor.everything()).length).toBeGreaterThan(before);
    await floor.advance(120_000);
    expect(await floor.types('call-c1')).toEqual(['CallEnqueued', 'OfferMade', 'OfferRinging', 'OfferAccepted', 'CallDequeued', 'AgentContactStarted', 'AgentContactEnded', 'CallEnded']);
    expect(alarms(floor)).toEqual({});
  });

  it('is not offered with its entry while somebody waits for the same agents', async () => {
    const floor = await opened(['ann'], { noAnswerDelayMs: 0 });
    await floor.call('c1', 'sales', { priority: 1 });
    await floor.signIn('ann', { does: 'ring' });
    await floor.call('c2', 'sales');
    expect(dataOf(await floor.events('call-c2'), 'OfferMade')).toEqual([]);
    expect(dataOf(await floor.events('call-c1'), 'OfferMade')).toMatchObject([{ agentId: 'ann' }]);
  });

  it('whose entry is refused leaves the agent free for the next one', async () => {
    const floor = await opened(['ann']);
    await floor.signIn('ann');
    // Dialled, and gone before the entry: the call refuses the entry and with it the offer.
    const gone = enteringCaller({ segmentId: 's', legId: 'c1', queueId: 'sales', priority: 5, waitingSince: '2026-01-01T00:00:00.000Z' }, { callId: 'c1', tenantId: 'acme', nodeId: 'n1', commandId: 'x', visited: ['sales'] });
    floor.engines[0]?.router.entering(gone);
    await floor.quiet();
    expect(await floor.types('agentShift-ann+1')).toEqual(SIGNED_IN);
    await floor.call('c2', 'sales');
    expect(dataOf(await floor.events('call-c2'), 'OfferMade')).toMatchObject([{ agentId: 'ann' }]);
  });

  it('goes to the one who has been idle longest, and the next one to the other', async () => {
    const floor = await opened();
    await floor.signIn('bob');
    await floor.advance(1_000);
    await floor.signIn('ann');
    await floor.call('c1', 'sales');
    await floor.call('c2', 'sales');
    const [first] = dataOf<{ agentId: string; candidates: { agentId: string }[] }>(await floor.events('call-c1'), 'OfferMade');
    expect(first).toMatchObject({ agentId: 'bob', candidates: [{ agentId: 'bob' }, { agentId: 'ann' }] });
    expect(dataOf(await floor.events('call-c2'), 'OfferMade')).toMatchObject([{ agentId: 'ann', candidates: [{ agentId: 'ann' }] }]);
  });

  it.each([
    ['no-answer', { does: 'ring' }, 20_000, 30_000],
    ['busy', { does: 'busy' }, 60, 10_000],
    ['rejected', { does: 'reject' }, 1_500, 10_000],
  ] as const)('%s: goes to the next agent, and the first is left alone for a while', async (failure, phone, rings, alone) => {
    const floor = await opened();
    await floor.signIn('ann', phone);
    await floor.advance(10);
    await floor.signIn('bob', { does: 'answer', afterMs: 1_000, talkMs: null });
    await floor.call('c1', 'sales');
    await floor.advance(rings + 5_000);
    const call = await floor.events('call-c1');
    expect(dataOf(call, 'OfferMade')).toMatchObject([{ agentId: 'ann' }, { agentId: 'bob' }]);
    expect(dataOf(call, 'OfferFailed')).toMatchObject([{ agentId: 'ann', failure }]);
    const ended = Date.parse(call.find(({ type }) => type === 'OfferFailed')?.metadata.occurredAt ?? '');
    expect(dataOf(await floor.events('agentShift-ann+1'), 'AgentReleased')).toMatchObject([{ reason: failure, noAnswerCount: failure === 'no-answer' ? 1 : 0, readyAt: new Date(ended + alone).toISOString() }]);
    await floor.call('c2', 'sales');
    expect(dataOf(await floor.events('call-c2'), 'OfferMade')).toEqual([]);
    await floor.advance(alone);
    // By time alone: nothing else happened.
    expect(dataOf(await floor.events('call-c2'), 'OfferMade')).toMatchObject([{ agentId: 'ann' }]);
  });

  it('never reaches a phone: the offer expires, and the agent is free again', async () => {
    const floor = await opened(['ann']);
    await floor.signIn('ann', { does: 'nothing' });
    await floor.call('c1', 'sales');
    await floor.advance(25_000);
    expect(dataOf(await floor.events('call-c1'), 'OfferFailed')).toMatchObject([{ failure: 'expired' }]);
    expect((await floor.types('agentShift-ann+1')).slice(2)).toEqual(['AgentReserved', 'AgentReleased']);
    await floor.advance(10_000);
    expect((await floor.types('agentShift-ann+1')).slice(2)).toEqual(['AgentReserved', 'AgentReleased', 'AgentReserved']);
  });

  it('an agent who misses too many is paused, and the caller waits on', async () => {
    const floor = await opened(['ann'], { maxNoAnswer: 2, noAnswerDelayMs: 0 });
    await floor.signIn('ann', { does: 'ring' });
    await floor.call('c1', 'sales');
    await floor.advance(120_000);
    expect((await floor.types('agentShift-ann+1')).slice(2)).toEqual(['AgentReserved', 'AgentRinging', 'AgentReleased', 'AgentReserved', 'AgentRinging', 'AgentReleased', 'AgentAutoPaused']);
    expect((await floor.types('call-c1')).at(-1)).toBe('OfferFailed');
  });

  it('a caller who hangs up while it rings frees the agent for the next caller at once', async () => {
    const floor = await opened(['ann']);
    await floor.signIn('ann');
    await floor.call('c1', 'sales');
    await floor.call('c2', 'sales');
    await floor.advance(500);
    await floor.hangUp('c1');
    expect((await floor.types('call-c1')).slice(-2)).toEqual(['CallDequeued', 'OfferFailed']);
    expect(dataOf(await floor.events('call-c2'), 'OfferMade')).toMatchObject([{ agentId: 'ann' }]);
    await floor.advance(100);
    expect(await floor.types('call-c1', /Ended/)).toEqual(['LegEnded', 'LegEnded', 'CallEnded']);
    await floor.advance(200_000);
    expect(await floor.types('call-c2', /Contact|CallEnded/)).toEqual(['AgentContactStarted', 'AgentContactEnded', 'CallEnded']);
  });

  it('a caller who hangs up between reservation and ringing leaves nobody reserved', async () => {
    const floor = await opened(['ann']);
    await floor.signIn('ann');
    await floor.call('c1', 'sales');
    await floor.hangUp('c1');
    expect((await floor.types('agentShift-ann+1')).slice(2)).toEqual(['AgentReserved', 'AgentReleased']);
    await floor.advance(60_000);
    expect((await floor.types('agentShift-ann+1')).slice(2)).toEqual(['AgentReserved', 'AgentReleased']);
    expect(await floor.types('call-c1', /CallEnded/)).toEqual(['CallEnded']);
  });

  it('an agent who pauses while it rings takes this call and no other', async () => {
    const floor = await opened(['ann']);
    await floor.signIn('ann', { does: 'answer', afterMs: 2_000, talkMs: 5_000 });
    await floor.call('c1', 'sales');
    await floor.advance(1_000);
    await floor.send('agentShift-ann+1', 'PauseAgent', { reason: 'lunch', force: false });
    await floor.call('c2', 'sales');
    await floor.advance(120_000);
    expect((await floor.types('agentShift-ann+1')).slice(2)).toEqual(['AgentReserved', 'AgentRinging', 'AgentPresenceQueued', 'AgentOnCall', 'AgentOffCall', 'AgentWrapUpStarted', 'AgentWrapUpEnded', 'AgentPaused']);
    expect(await floor.types('call-c2')).toEqual(['CallEnqueued']);
  });

  it('an agent signed out by force while it rings gives the caller back', async () => {
    const floor = await opened(['ann', 'bob']);
    await floor.signIn('ann');
    await floor.call('c1', 'sales');
    await floor.advance(1_000);
    await floor.send('agentShift-ann+1', 'SignOutAgent', { force: true });
    await floor.quiet();
    expect(dataOf(await floor.events('call-c1'), 'OfferFailed')).toMatchObject([{ failure: 'rescinded' }]);
    await floor.signIn('bob', { does: 'answer', afterMs: 1_000, talkMs: 1_000 });
    await floor.advance(5_000);
    expect(dataOf(await floor.events('call-c1'), 'AgentContactStarted')).toMatchObject([{ agentId: 'bob' }]);
    expect(await floor.types('agent-ann', /Shift/)).toEqual(['AgentShiftStarted', 'AgentShiftEnded']);
  });

  it('an agent whose phone nobody knows is left out, and somebody is told', async () => {
    const floor = await opened();
    await floor.call('c1', 'sales');
    await floor.send('agent-ann', 'CreateAgent', { agentId: 'ann', settings: { displayName: 'Ann', deviceUser: 'ann', address: null } });
    await floor.send('node-n1', 'RetireMediaNode', {});
    await floor.signIn('ann');
    expect(alarms(floor)).toEqual({ 'agent-without-address': 1 });
    expect(await floor.types('call-c1')).toEqual(['CallEnqueued']);
    await floor.advance(10_000);
    expect(alarms(floor)).toEqual({ 'agent-without-address': 2 });
  });
});

describe('a wait that is over', () => {
  it('brings the caller into the next queue, where the age counts, and then ends the call', async () => {
    const floor = await opened();
    await floor.queue('help', { overflow: { kind: 'queue', queueId: 'sales' }, maxWaitMs: 30_000 });
    await floor.call('c1', 'sales', { maxWaitMs: 20_000, overflowTo: 'help' });
    await floor.advance(20_000);
    const call = await floor.events('call-c1');
    const [first, second] = dataOf<{ segmentId: string; waitingSince: string }>(call, 'CallEnqueued');
    expect(second).toMatchObject({ queueId: 'help', previousSegmentId: first?.segmentId, waitingSince: first?.waitingSince });
    expect(floor.engines[0]?.state.queueOf('help')?.waiting).toBe(1);
    await floor.advance(30_000);
    // Back to the first queue would be a circle.
    await floor.advance(1_000);
    expect(await floor.types('call-c1', /CallEn|CallDe/)).toEqual(['CallEnqueued', 'CallDequeued', 'CallEnqueued', 'CallDequeued', 'CallEnded']);
    expect([...(floor.engines[0]?.state.transits() ?? [])]).toEqual([]);
  });

  it('is finished by the next engine where the one before was killed in between', async () => {
    const floor = await opened();
    await floor.queue('help');
    await floor.call('c1', 'sales', { maxWaitMs: 20_000, overflowTo: 'help' });
    await floor.engines[0]?.stop('killed');
    const other = await floor.boot('router');
    other.state.expectCaller('elsewhere', 'help');
    await other.stop('killed');
    await floor.boot();
    await floor.advance(20_000);
    expect(dataOf(await floor.events('call-c1'), 'CallEnqueued')).toMatchObject([{ queueId: 'sales' }, { queueId: 'help' }]);
  });
});
