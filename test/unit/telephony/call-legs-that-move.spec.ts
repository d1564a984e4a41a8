import type { RecordedEvent } from '../../../src/kernel/event.js';
import { finishLegMoves } from '../../../src/telephony/calls/processes/finish-leg-moves.process.js';
import type { Command } from '../../../src/kernel/command.js';
import { isoTime } from '../../../src/kernel/clock.js';
import type { CallCommand, NewLeg } from '../../../src/telephony/calls/domain/call.commands.js';
import { callDecider } from '../../../src/telephony/calls/domain/call.decider.js';
import type { CallEvent } from '../../../src/telephony/calls/domain/call.events.js';

const at = (s: number): string => isoTime(Date.parse('2026-03-02T09:00:00.000Z') + s * 1_000);
const leg = (legId: string, over: Partial<NewLeg> = {}): NewLeg => ({
  legId, nodeId: 'n1', role: 'caller', direction: 'inbound', origin: 'trunk', internal: false, agentId: null, shiftId: null, personId: 'p1', number: '+15550100', name: '', ...over,
});
const passport = { legId: 'A', personId: 'p1', nodeId: 'n1', role: 'caller' as const, direction: 'inbound' as const, origin: 'trunk' as const, internal: false, agentId: null, offerId: null, createdAt: at(0), answeredAt: at(1), parked: true };

/** Plays commands against one call; each gives the types of what it recorded. */
const conversation = () => {
  let state = callDecider.initialState;
  let sent = 0;
  const events: CallEvent[] = [];
  const send = <T extends CallCommand['type']>(type: T, data: Extract<CallCommand, { type: T }>['data']): string[] => {
    sent += 1;
    const meta: Command['meta'] = { commandId: `c${sent}`, tenantId: 't', at: at(sent), actor: { kind: 'switch', id: 'n1' }, correlationId: 'A', causationId: 'x' };
    const decided = callDecider.decide({ type, data, meta } as CallCommand, state);
    for (const event of decided) state = callDecider.evolve(state, { ...event, occurredAt: event.occurredAt ?? meta.at });
    events.push(...decided);
    return decided.map((event) => (event.type === 'SwitchActionRequested' ? `${event.data.deed} ${event.data.channelId}` : event.type));
  };
  send('StartCall', { callId: 'A', interactionId: 'A', switchSessionId: 's', direction: 'inbound', numberId: 'n', from: '1', fromName: '', to: '2', leg: leg('A') });
  return { send, events };
};

const queued = () => {
  const call = conversation();
  call.send('EnqueueCall', { segmentId: 'q1', legId: 'A', queueId: 'sales', priority: 5, waitingSince: at(1), maxWaitAt: null, answer: 'on-entry', overflow: { kind: 'hang-up' }, previousSegmentId: null, music: null });
  call.send('MakeOffer', { offerId: 'o1', segmentId: 'q1', agentId: 'ann', shiftId: 'ann+1', legId: 'leg-o1', address: 'user/1001', strategy: 's', candidates: [], dueAt: at(60), ringTimeoutMs: 20_000, wrapUpMs: 5_000 });
  call.send('AddLeg', { leg: leg('leg-o1', { role: 'callee', direction: 'outbound' }) });
  return call;
};

describe('a leg that goes on in another call', () => {
  it('leaves the queue, and the agent who rings for it is let go', () => {
    const { send } = queued();
    expect(send('MoveLeg', { passport, toCallId: 'B', at: at(20) })).toEqual(['LegMoved', 'CallDequeued', 'OfferFailed', 'hang-up leg-o1']);
  });

  it('ends the contact with the agent', () => {
    const { send, events } = queued();
    send('RecordLegFact', { legId: 'leg-o1', fact: { kind: 'answered' } });
    send('RecordLegFact', { legId: 'leg-o1', fact: { kind: 'parked' } });
    send('RecordLegFact', { legId: 'A', fact: { kind: 'bridged', otherLegId: 'leg-o1' } });
    expect(send('MoveLeg', { passport, toCallId: 'B', at: at(20) })).toEqual(['LegMoved', 'AgentContactEnded']);
    expect(events.at(-1)).toMatchObject({ type: 'AgentContactEnded', data: { reason: 'transferred', agentId: 'ann' } });
  });

  it('may come back; one that has ended stays so', () => {
    const { send } = conversation();
    expect(send('MoveLeg', { passport, toCallId: 'B', at: at(20) })).toEqual(['LegMoved', 'CallEnded']);
    expect(send('AdoptLeg', { passport, fromCallId: 'B', at: at(21) })).toEqual(['LegAdopted']);
    send('RecordLegFact', { legId: 'A', fact: { kind: 'ended', cause: 'NORMAL_CLEARING', q850: 16, sipStatus: null, hungUpBy: 'far-end', times: { createdAt: at(0) } } });
    expect(send('AdoptLeg', { passport, fromCallId: 'B', at: at(21) })).toEqual([]);
  });
});

describe('a leg that moves while it is recorded', () => {
  const path = '/recordings/x.wav';
  const recorded = () => {
    const call = conversation();
    call.send('RecordLegFact', { legId: 'A', fact: { kind: 'recording-started', path } });
    const started = call.events.find((event) => event.type === 'RecordingStarted');
    return { ...call, recordings: { [path]: started!.data.recordingId } };
  };
  const passing = { ...passport, legId: 'X' };

  it('takes its recordings along: the call that it leaves knows which', () => {
    const { send, events, recordings } = recorded();
    send('MoveLeg', { passport, toCallId: 'B', at: at(20) });
    expect(events.find((event) => event.type === 'LegMoved')).toMatchObject({ data: { passport: { recordings } } });
  });

  it('ends them where it is: at their stop, and else at its own end', () => {
    const ends = { kind: 'ended', cause: 'NORMAL_CLEARING', q850: 16, sipStatus: null, hungUpBy: 'far-end', times: { createdAt: at(0) } } as const;
    const stopped = conversation();
    stopped.send('AdoptLeg', { passport: { ...passing, recordings: { [path]: 'r1' } }, fromCallId: 'B', at: at(20) });
    expect(stopped.send('RecordLegFact', { legId: 'X', fact: { kind: 'recording-stopped', path, durationMs: 5_000 } })).toEqual(['RecordingStopped']);
    expect(stopped.events.at(-1)).toMatchObject({ data: { recordingId: 'r1', durationMs: 5_000 } });
    const hungUp = conversation();
    hungUp.send('AdoptLeg', { passport: { ...passing, recordings: { [path]: 'r1' } }, fromCallId: 'B', at: at(20) });
    expect(hungUp.send('RecordLegFact', { legId: 'X', fact: ends })).toEqual(['RecordingStopped', 'LegEnded']);
  });

  it('hears of one that began in the moment of the move from the call that it left', () => {
    const { send, events } = conversation();
    send('AdoptLeg', { passport: passing, fromCallId: 'B', at: at(20) });
    expect(send('AdoptLeg', { passport: { ...passing, recordings: { [path]: 'r1' } }, fromCallId: 'B', at: at(20) })).toEqual(['RecordingStarted']);
    expect(events.at(-1)).toMatchObject({ data: { recordingId: 'r1', legId: 'X' } });
    expect(send('AdoptLeg', { passport: { ...passing, recordings: { [path]: 'r1' } }, fromCallId: 'B', at: at(20) })).toEqual([]);
  });
});

describe('a move of which one half was recorded alone', () => {
  const told = (type: string, stream: string, data: object): RecordedEvent => ({
    id: 'e', type, data, schemaVersion: 1, stream, revision: 1n, position: 1n, recordedAt: at(30),
    metadata: { tenantId: 't', occurredAt: at(20), commandId: 'c', $correlationId: stream, $causationId: 'c', actor: { kind: 'switch', id: 'n1' } },
  });

  it('is finished: each half asks for the other, at the time of the move', () => {
    expect(finishLegMoves.react(told('LegAdopted', 'call-A', { legId: 'X', fromCallId: 'B', passport }))).toEqual([{ stream: 'call-B', type: 'MoveLeg', data: { passport, toCallId: 'A', at: at(20) } }]);
    expect(finishLegMoves.react(told('LegMoved', 'call-B', { legId: 'X', toCallId: 'A', passport }))).toEqual([{ stream: 'call-A', type: 'AdoptLeg', data: { passport, fromCallId: 'B', at: at(20) } }]);
  });

  it('changes nothing where both were recorded, and takes no leg away that has come back since', () => {
    const { send } = conversation();
    send('MoveLeg', { passport, toCallId: 'B', at: at(20) });
    expect(send('MoveLeg', { passport, toCallId: 'B', at: at(20) })).toEqual([]);
    expect(send('AdoptLeg', { passport, fromCallId: 'B', at: at(19) })).toEqual([]);
    send('AdoptLeg', { passport, fromCallId: 'B', at: at(25) });
    expect(send('MoveLeg', { passport, toCallId: 'B', at: at(20) })).toEqual([]);
  });
});

describe('a leg that comes too late', () => {
  it('is told to hang up where its call has ended: nobody waits for it any more', () => {
    const { send } = conversation();
    send('RecordLegFact', { legId: 'A', fact: { kind: 'ended', cause: 'NORMAL_CLEARING', q850: 16, sipStatus: null, hungUpBy: 'far-end', times: { createdAt: at(0) } } });
    expect(send('AddLeg', { leg: leg('late', { role: 'callee', direction: 'outbound' }) })).toEqual(['LegStarted', 'hang-up late']);
  });
});

describe('a leg that moves to and fro', () => {
  const numbered = (move: number) => ({ ...passport, move });

  it('comes back though the clock of the switch was set back meanwhile: its moves are counted', () => {
    const { send } = conversation();
    expect(send('MoveLeg', { passport: numbered(1), toCallId: 'B', at: at(20) })).toEqual(['LegMoved', 'CallEnded']);
    expect(send('AdoptLeg', { passport: numbered(2), fromCallId: 'B', at: at(15) })).toEqual(['LegAdopted']);
    expect(send('RecordLegFact', { legId: 'A', fact: { kind: 'held', by: 'switch' } })).toEqual(['LegHeld']);
    expect(send('MoveLeg', { passport: numbered(3), toCallId: 'B', at: at(14) })).toEqual(['LegMoved']);
  });

  it('stays where it went last, within one step of the clock too: a half of an earlier move that is told again changes nothing', () => {
    const { send } = conversation();
    send('MoveLeg', { passport: numbered(1), toCallId: 'B', at: at(20) });
    send('AdoptLeg', { passport: numbered(2), fromCallId: 'B', at: at(20) });
    expect(send('MoveLeg', { passport: numbered(1), toCallId: 'B', at: at(20) })).toEqual([]);
    expect(send('AdoptLeg', { passport: numbered(2), fromCallId: 'B', at: at(20) })).toEqual([]);
    send('MoveLeg', { passport: numbered(3), toCallId: 'B', at: at(20) });
    expect(send('AdoptLeg', { passport: numbered(2), fromCallId: 'B', at: at(20) })).toEqual([]);
  });

  it('went away and is back, where nobody told that it went: it leaves the queue, and what happens to it is recorded here', () => {
    const { send } = queued();
    expect(send('AdoptLeg', { passport: numbered(2), fromCallId: 'B', at: at(20) })).toEqual(['LegMoved', 'CallDequeued', 'OfferFailed', 'hang-up leg-o1', 'LegAdopted']);
    expect(send('MoveLeg', { passport: numbered(1), toCallId: 'B', at: at(19) })).toEqual([]);
    expect(send('RecordLegFact', { legId: 'A', fact: { kind: 'held', by: 'switch' } })).toEqual(['LegHeld']);
  });

  it('came and went before anybody told that it came: it does not come late', () => {
    const { send } = conversation();
    const passing = (move: number) => ({ ...numbered(move), legId: 'X' });
    expect(send('MoveLeg', { passport: passing(2), toCallId: 'C', at: at(21) })).toEqual(['LegMoved']);
    expect(send('AdoptLeg', { passport: passing(1), fromCallId: 'B', at: at(20) })).toEqual([]);
    expect(send('AdoptLeg', { passport: passing(3), fromCallId: 'C', at: at(22) })).toEqual(['LegAdopted']);
  });
});
