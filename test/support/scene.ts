import type { CommandMeta } from '../../src/kernel/command.js';
import { msOf } from '../../src/kernel/clock.js';
import type { AgentShiftCommand } from '../../src/routing/agents/domain/agent-shift.commands.js';
import { agentShiftDecider } from '../../src/routing/agents/domain/agent-shift.decider.js';
import type { QueueEvent, QueueSettings } from '../../src/routing/contract/routing-events.js';
import type { CallCommand, LegFact, NewLeg } from '../../src/telephony/contract/call-commands.js';
import type { CallEvent, ToldBridge } from '../../src/telephony/contract/call-events.js';
import { callDecider } from '../../src/telephony/calls/domain/call.decider.js';
import type { GivenEvent } from './projection-spec.js';
import { queueSettings } from './routing-events.js';

const START = msOf('2026-03-02T09:00:00.000Z');

/** Seconds after the scene's begin, ISO 8601 UTC. */
export const sceneTime = (s: number): string => new Date(START + Math.round(s * 1000)).toISOString();

type CallData<T extends CallCommand['type']> = Extract<CallCommand, { type: T }>['data'];
type ShiftData<T extends AgentShiftCommand['type']> = Extract<AgentShiftCommand, { type: T }>['data'];

/**
 * What happened in a call centre, told by the real deciders of calls and shifts: commands go in with
 * seconds, events come out in the order in which the log would hold them. Shifts follow the calls.
 */
export class Scene {
  readonly events: GivenEvent[] = [];
  private readonly calls = new Map<string, typeof callDecider.initialState>();
  private readonly shifts = new Map<string, typeof agentShiftDecider.initialState>();
  private readonly current = new Map<string, string>();
  private commands = 0;

  constructor(private readonly tenantId = 'acme') {}

  /** An event of its own, as it is. */
  add(s: number, stream: string, type: string, data: object): this {
    this.events.push({ stream, type, data, at: sceneTime(s), tenantId: this.tenantId });
    return this;
  }

  queue(queueId: string, settings: Partial<QueueSettings> = {}, s = 0, type: QueueEvent['type'] = 'QueueCreated'): this {
    return this.add(s, `queue-${queueId}`, type, { queueId, settings: { ...queueSettings, ...settings } });
  }

  member(queueId: string, agentId: string, s = 0): this {
    return this.add(s, `queue-${queueId}`, 'AgentJoinedQueue', { queueId, agentId, level: 1, position: 1 });
  }

  call<T extends CallCommand['type']>(s: number, callId: string, type: T, data: CallData<T>): this {
    const state = this.calls.get(callId) ?? callDecider.initialState;
    const decided = callDecider.decide({ type, data, meta: this.meta(s) } as unknown as CallCommand, state);
    let now = state;
    const recorded = decided.map((event) => ({ ...event, occurredAt: event.occurredAt ?? sceneTime(s) }));
    for (const event of recorded) {
      now = callDecider.evolve(now, event);
      this.events.push({ stream: `call-${callId}`, type: event.type, data: event.data, at: event.occurredAt, tenantId: this.tenantId });
    }
    this.calls.set(callId, now);
    for (const event of recorded) this.follow(s, callId, event);
    return this;
  }

  shift<T extends AgentShiftCommand['type']>(s: number, agentId: string, type: T, data: ShiftData<T>): this {
    const shiftId = this.current.get(agentId) ?? '';
    const state = this.shifts.get(shiftId) ?? agentShiftDecider.initialState;
    let now = state;
    for (const event of agentShiftDecider.decide({ type, data, meta: this.meta(s) } as unknown as AgentShiftCommand, state)) {
      const occurredAt = event.occurredAt ?? sceneTime(s);
      now = agentShiftDecider.evolve(now, { ...event, occurredAt });
      this.events.push({ stream: `agentShift-${shiftId}`, type: event.type, data: event.data, at: occurredAt, tenantId: this.tenantId });
    }
    this.shifts.set(shiftId, now);
    return this;
  }

  /** Signs in for a new shift; available at once unless told otherwise. */
  signIn(s: number, agentId: string, available = true): this {
    const shiftNumber = Number(/\+(\d+)$/.exec(this.current.get(agentId) ?? '+0')?.[1] ?? 0) + 1;
    const shiftId = `${agentId}+${shiftNumber}`;
    this.current.set(agentId, shiftId);
    this.shift(s, agentId, 'OpenShift', { agentId, shiftId, shiftNumber, idleSince: null, noAnswerCount: 0 });
    return available ? this.shift(s, agentId, 'MakeAvailable', {}) : this;
  }

  /** A caller arrives; the leg has the call's id. */
  arrives(s: number, callId: string, from = '+15550100', more: Partial<CallData<'StartCall'>> = {}): this {
    const leg: NewLeg = { legId: callId, nodeId: 'node-1', role: 'caller', direction: 'inbound', origin: 'trunk', internal: false, agentId: null, shiftId: null, personId: `person-${from}`, number: from, name: 'Ann' };
    this.call(s, callId, 'StartCall', { callId, interactionId: callId, switchSessionId: 'core', direction: 'inbound', numberId: 'number-1', from, fromName: 'Ann', to: '+15550999', leg, ...more });
    return this.fact(s, callId, callId, { kind: 'parked' });
  }

  fact(s: number, callId: string, legId: string, fact: LegFact): this {
    return this.call(s, callId, 'RecordLegFact', { legId, fact });
  }

  enters(s: number, callId: string, queueId: string, more: Partial<CallData<'EnqueueCall'>> = {}): this {
    this.call(s, callId, 'EnqueueCall', {
      segmentId: `${callId}/${queueId}`, legId: callId, queueId, priority: 5, waitingSince: sceneTime(s), maxWaitAt: null, answer: 'on-entry', overflow: { kind: 'hang-up' }, previousSegmentId: null, music: null, ...more,
    });
    return this.fact(s, callId, callId, { kind: 'answered' });
  }

  /** Offered to the agent, whose phone begins to ring. The offer's leg is `leg-<offerId>`. */
  offers(s: number, callId: string, agentId: string, offerId: string, more: Partial<CallData<'MakeOffer'>> = {}): this {
    const segmentId = this.segmentOf(callId);
    const legId = `leg-${offerId}`;
    this.call(s, callId, 'MakeOffer', {
      offerId, segmentId, agentId, shiftId: this.current.get(agentId) ?? `${agentId}+1`, legId, address: 'user/1001', strategy: 'longest-idle-agent', candidates: [{ agentId, key: '0' }], dueAt: sceneTime(s + 30), ringTimeoutMs: 20_000,
      wrapUpMs: 10_000, backOff: { noAnswerDelayMs: 30_000, rejectDelayMs: 5_000, maxNoAnswer: null }, ...more,
    });
    this.call(s, callId, 'RingAgent', { offerId });
    this.call(s, callId, 'AddLeg', { leg: { legId, nodeId: 'node-1', role: 'callee', direction: 'outbound', origin: 'device', internal: true, agentId: null, shiftId: null, personId: 'p', number: '1001', name: '' } });
    return this.fact(s, callId, legId, { kind: 'ringing' });
  }

  /** The agent picks up, and the legs are bridged. */
  picksUp(s: number, callId: string, offerId: string): this {
    this.fact(s, callId, `leg-${offerId}`, { kind: 'answered' });
    this.fact(s, callId, `leg-${offerId}`, { kind: 'parked' });
    return this.fact(s, callId, callId, { kind: 'bridged', otherLegId: `leg-${offerId}` });
  }

  /** The agent picks up and the two are to be bridged; nobody hears whether they are. */
  isToBeBridged(s: number, callId: string, offerId: string): this {
    return this.fact(s, callId, `leg-${offerId}`, { kind: 'answered' }).fact(s, callId, `leg-${offerId}`, { kind: 'parked' });
  }

  /** Nobody heard the leg end: it was missed at `s`, and may have ended since `since`. */
  misses(s: number, callId: string, legId: string, since: number): this {
    return this.call(s, callId, 'InferLegEnd', { legId, evidence: 'not-in-show-channels', earliest: sceneTime(since), endedAt: sceneTime(s), latest: sceneTime(s) });
  }

  /** The switch's own CDR comes at `s`: the leg ended at `endedAt`, and was in `bridge` last. */
  witnesses(s: number, callId: string, legId: string, endedAt: number, hungUpBy: 'far-end' | 'switch', bridge?: ToldBridge, more: Partial<CallData<'WitnessLegEnd'>> = {}): this {
    return this.call(s, callId, 'WitnessLegEnd', { legId, cause: 'NORMAL_CLEARING', q850: 16, hungUpBy, times: { createdAt: sceneTime(0), answeredAt: sceneTime(0) }, endedAt: sceneTime(endedAt), ...(bridge === undefined ? {} : { bridge }), ...more });
  }

  ends(s: number, callId: string, legId: string, cause = 'NORMAL_CLEARING', hungUpBy: 'far-end' | 'switch' = 'far-end', bridge?: ToldBridge): this {
    const leg = this.calls.get(callId)?.legs[legId];
    const times = { createdAt: leg?.createdAt ?? sceneTime(s), ...(leg?.ringingAt == null ? {} : { ringingAt: leg.ringingAt }), ...(leg?.answeredAt == null ? {} : { answeredAt: leg.answeredAt }) };
    return this.fact(s, callId, legId, { kind: 'ended', cause, q850: 16, sipStatus: null, hungUpBy, times, ...(bridge === undefined ? {} : { bridge }) });
  }

  /** A call from arrival over the queue to an agent and the caller's hang-up. */
  served(s: number, callId: string, queueId: string, agentId: string, { wait, talk, ring = 1 }: { readonly wait: number; readonly talk: number; readonly ring?: number }): this {
    this.arrives(s, callId).enters(s, callId, queueId).offers(s + wait - ring, callId, agentId, `o-${callId}`).picksUp(s + wait, callId, `o-${callId}`);
    return this.ends(s + wait + talk, callId, callId).ends(s + wait + talk, callId, `leg-o-${callId}`, 'NORMAL_CLEARING', 'switch');
  }

  /** The stay of the call in a queue that goes on; empty where it waits in none. */
  segmentOf(callId: string): string {
    return this.calls.get(callId)?.queue?.segmentId ?? '';
  }

  private meta(s: number): CommandMeta {
    this.commands += 1;
    return { commandId: `c${this.commands}`, tenantId: this.tenantId, at: sceneTime(s), actor: { kind: 'system', id: 'scene' }, correlationId: 'x', causationId: 'x' };
  }

  private follow(s: number, callId: string, event: CallEvent & { readonly occurredAt: string }): void {
    const at = event.occurredAt;
    switch (event.type) {
      case 'OfferMade': {
        const { offerId, agentId, queueId, dueAt, backOff } = event.data;
        this.shift(s, agentId, 'ReserveAgent', { offerId, callId, queueId, dueAt, backOff: backOff ?? { noAnswerDelayMs: 0, rejectDelayMs: 0, maxNoAnswer: null } });
        return;
      }
      case 'OfferRinging':
        this.shift(s, event.data.agentId, 'StartRinging', { offerId: event.data.offerId, at });
        return;
      case 'OfferFailed': {
        const { agentId, offerId, failure } = event.data;
        this.shift(s, agentId, 'ReleaseAgent', { offerId, reason: failure === 'refused' ? 'rescinded' : failure, at });
        return;
      }
      case 'AgentContactStarted': {
        const { agentId, segmentId, queueId, offerId } = event.data;
        this.shift(s, agentId, 'StartContact', { segmentId, callId, queueId, offerId, at });
        return;
      }
      case 'AgentContactEnded': {
        const { agentId, segmentId, holdMs, wrapUpMs } = event.data;
        this.shift(s, agentId, 'EndContact', { segmentId, holdMs, wrapUpMs, at });
        return;
      }
      case 'AgentContactWitnessed': {
        const { agentId, segmentId, queueId, startedAt, endedAt } = event.data;
        this.shift(s, agentId, 'NoteContact', { segmentId, callId, queueId, startedAt, endedAt });
        return;
      }
      default:
        return;
    }
  }
}
