import { SYSTEM_TENANT } from '../../../kernel/tenants.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import type { SubjectKeys } from '../../../platform/privacy/subject-keys.port.js';
import type { CallCommand, LegFact, NewLeg } from '../../contract/call-commands.js';
import type { AgentDevices } from '../../ports/agent-devices.port.js';
import type { NumberDirectory } from '../../ports/number-directory.port.js';
import type { ToldBridge, Unheard } from '../../contract/call-events.js';
import type { ChannelAppeared, ChannelFact, LastBridge } from '../../ports/switch-facts.js';
import type { FactLanes } from './fact-lanes.js';
import { type LiveLeg, type LiveLegs, passportOf } from './live-legs.fold.js';

export interface CallIngestParts {
  readonly legs: LiveLegs;
  readonly lanes: FactLanes;
  readonly numbers: NumberDirectory;
  readonly devices: AgentDevices;
  readonly keys: Pick<SubjectKeys, 'personId'>;
  /** Whether a call to a number that nobody owns is rejected at once. */
  readonly rejectUnknownNumbers: boolean;
}

/**
 * Places what a switch tells: finds or opens the call of each channel and turns the fact into that
 * call's command. The command's id comes from the fact's, so the same fact told twice is recorded once.
 */
export class CallIngest {
  constructor(private readonly parts: CallIngestParts) {}

  ingest(nodeId: string, fact: ChannelFact): void {
    if (fact.kind === 'channel-appeared') {
      this.appear(nodeId, fact);
      return;
    }
    const leg = this.parts.legs.get(fact.channelId);
    if (leg === undefined) return;
    switch (fact.kind) {
      case 'channels-bridged':
        this.joinCalls(fact.factId, fact.at, leg, fact.otherChannelId);
        this.record(fact.factId, fact.at, this.parts.legs.get(fact.channelId) ?? leg, { kind: 'bridged', otherLegId: fact.otherChannelId, ...unheardOf(fact) });
        return;
      case 'channels-unbridged':
        this.record(fact.factId, fact.at, leg, { kind: 'unbridged', otherLegId: fact.otherChannelId, ...unheardOf(fact) });
        return;
      case 'channel-destroyed':
        this.recordEnd(fact, leg, { kind: 'ended', cause: 'DESTINATION_OUT_OF_ORDER', q850: null, sipStatus: null, hungUpBy: 'switch', times: { createdAt: leg.createdAt } });
        return;
      case 'channel-ended': {
        const { endedAt: _endedAt, ...times } = fact.times;
        this.recordEnd(fact, leg, { kind: 'ended', cause: fact.cause, q850: fact.q850 ?? null, sipStatus: fact.sipStatus ?? null, hungUpBy: fact.hungUpBy, times, ...bridgeOf(fact.bridge), ...(fact.toFallback === undefined ? {} : { toFallback: fact.toFallback }) });
        return;
      }
      default: {
        const simple = simpleFact(fact);
        if (simple === undefined || !this.record(fact.factId, fact.at, leg, simple)) return;
        if (fact.kind === 'channel-answered') this.parts.legs.change(leg.legId, { answeredAt: fact.at });
        if (fact.kind === 'channel-parked') {
          this.parts.legs.change(leg.legId, { parked: true });
          if (this.parts.rejectUnknownNumbers && isUnclaimed(leg)) this.send(leg.callId, leg.tenantId, `${fact.factId}/reject`, fact.at, nodeId, { type: 'RejectCall', data: { cause: 'UNALLOCATED_NUMBER' } });
        }
      }
    }
  }

  private appear(nodeId: string, fact: ChannelAppeared): void {
    const { legs } = this.parts;
    if (legs.get(fact.channelId) !== undefined || legs.hasEnded(fact.channelId)) return;
    const told = fact.callId !== undefined && fact.tenantId !== undefined ? { callId: fact.callId, tenantId: fact.tenantId } : legs.expectedFor(fact.channelId);
    const joined = told !== undefined ? { ...told, callStartedAt: legs.startOf(told.callId) ?? fact.at } : fact.callChannelId !== fact.channelId ? legs.get(fact.callChannelId) : undefined;
    if (joined !== undefined) {
      const leg = this.newLeg(nodeId, fact, joined.tenantId, 'callee', null, null);
      const sent = this.send(joined.callId, joined.tenantId, fact.factId, fact.at, nodeId, { type: 'AddLeg', data: { leg } });
      if (sent) legs.note(live(leg, joined.callId, joined.tenantId, fact.at, joined.callStartedAt));
      return;
    }
    const agent = fact.origin === 'device' && fact.deviceUser !== undefined ? this.parts.devices.agentOf(fact.deviceUser) : undefined;
    const number = fact.direction === 'inbound' && agent === undefined ? this.parts.numbers.resolve(fact.dialedNumber) : undefined;
    const tenantId = agent?.tenantId ?? number?.tenantId ?? SYSTEM_TENANT;
    const leg = this.newLeg(nodeId, fact, tenantId, fact.direction === 'inbound' ? (agent === undefined ? 'caller' : 'agent') : 'callee', agent?.agentId ?? null, agent?.shiftId ?? null);
    const sent = this.send(fact.channelId, tenantId, fact.factId, fact.at, nodeId, {
      type: 'StartCall',
      data: {
        callId: fact.channelId,
        interactionId: fact.channelId,
        switchSessionId: fact.switchSessionId,
        direction: agent !== undefined || fact.direction === 'outbound' ? 'outbound' : 'inbound',
        numberId: number?.numberId ?? null,
        from: fact.callerNumber,
        fromName: fact.callerName,
        to: fact.dialedNumber,
        leg,
      },
    });
    if (!sent) return;
    legs.note(live(leg, fact.channelId, tenantId, fact.at, fact.at));
  }

  private newLeg(nodeId: string, fact: ChannelAppeared, tenantId: string, role: NewLeg['role'], agentId: string | null, shiftId: string | null): NewLeg {
    const number = fact.direction === 'inbound' ? fact.callerNumber : fact.dialedNumber;
    return {
      legId: fact.channelId,
      nodeId,
      role,
      direction: fact.direction,
      origin: fact.origin,
      internal: fact.internal,
      agentId,
      shiftId,
      personId: agentId ?? this.parts.keys.personId(tenantId, number === '' ? `anonymous:${fact.channelId}` : number),
      number,
      name: fact.direction === 'inbound' ? fact.callerName : '',
    };
  }

  /** Legs of two calls are bridged: the leg of the later call moves to the earlier one. */
  private joinCalls(factId: string, at: string, leg: LiveLeg, otherLegId: string): void {
    const other = this.parts.legs.get(otherLegId);
    if (other === undefined || other.callId === leg.callId) return;
    const [stays, moves] = isEarlier(leg, other) ? [leg, other] : [other, leg];
    const passport = passportOf(moves);
    const adopted = this.send(stays.callId, stays.tenantId, `${factId}/adopt`, at, stays.nodeId, { type: 'AdoptLeg', data: { passport, fromCallId: moves.callId, at } });
    if (!adopted) return;
    this.send(moves.callId, moves.tenantId, `${factId}/move`, at, moves.nodeId, { type: 'MoveLeg', data: { passport, toCallId: stays.callId, at } });
    this.parts.legs.change(moves.legId, { callId: stays.callId, tenantId: stays.tenantId, callStartedAt: stays.callStartedAt, moves: moves.moves + 1 });
  }

  /** What could not be sent was not noted either: the comparison with the switch that follows finds the leg and infers its end. */
  private recordEnd({ factId, at }: ChannelFact, leg: LiveLeg, fact: LegFact): void {
    if (this.record(factId, at, leg, fact)) this.parts.legs.noteEnd(leg.legId);
  }

  private record(factId: string, at: string, leg: LiveLeg, fact: LegFact): boolean {
    return this.send(leg.callId, leg.tenantId, factId, at, leg.nodeId, { type: 'RecordLegFact', data: { legId: leg.legId, fact } });
  }

  private send(callId: string, tenantId: string, factId: string, at: string, nodeId: string, command: Pick<CallCommand, 'type' | 'data'>): boolean {
    const commandId = deterministicId('fact', factId);
    return this.parts.lanes.send(callId, {
      ...command,
      meta: { commandId, tenantId, at, actor: { kind: 'switch', id: nodeId }, correlationId: callId, causationId: commandId },
    } as CallCommand);
  }
}

/** A caller of a number that nobody owns. Only one who is parked waits for us: an emergency call is bridged by the switch itself. */
const isUnclaimed = ({ legId, callId, role, tenantId }: LiveLeg): boolean => tenantId === SYSTEM_TENANT && role === 'caller' && legId === callId;

const isEarlier = (a: LiveLeg, b: LiveLeg): boolean => a.callStartedAt < b.callStartedAt || (a.callStartedAt === b.callStartedAt && a.callId < b.callId);

const live = (leg: NewLeg, callId: string, tenantId: string, createdAt: string, callStartedAt: string): LiveLeg => {
  const { shiftId: _shiftId, number: _number, name: _name, ...rest } = leg;
  return { ...rest, callId, tenantId, offerId: null, createdAt, answeredAt: null, parked: false, bridgedWith: null, held: false, recordings: {}, moves: 0, callStartedAt };
};

const unheardOf = ({ unheard }: { readonly unheard?: Unheard }): { readonly unheard?: Unheard } => (unheard === undefined ? {} : { unheard });

/** What a switch tells of the last bridge of a leg, as the call reads it. */
export const bridgeOf = (bridge: LastBridge | undefined): { readonly bridge?: ToldBridge } => (bridge === undefined ? {} : { bridge: { otherLegId: bridge.otherChannelId, at: bridge.at ?? null } });

/** Facts that pass into the call's vocabulary one to one; undefined for those the call does not record. */
const simpleFact = (fact: ChannelFact): LegFact | undefined => {
  switch (fact.kind) {
    case 'channel-ringing':
      return { kind: 'ringing' };
    case 'channel-early-media':
      return { kind: 'early-media' };
    case 'channel-answered':
      return { kind: 'answered' };
    case 'channel-parked':
      return { kind: 'parked' };
    case 'channel-held':
      return { kind: 'held', by: fact.by, ...unheardOf(fact) };
    case 'channel-resumed':
      return { kind: 'resumed', ...unheardOf(fact) };
    case 'channel-transferred':
      return { kind: 'transferred', how: fact.how, destination: fact.destination ?? null };
    case 'digits-collected':
      return { kind: 'digits-collected', actionId: fact.actionId ?? null, digits: fact.digits, result: fact.result };
    case 'playback-started':
      return fact.media.startsWith('local_stream://') ? undefined : { kind: 'playback-started', media: fact.media };
    case 'playback-stopped':
      return fact.media.startsWith('local_stream://') ? undefined : { kind: 'playback-stopped', media: fact.media, interrupted: fact.interrupted };
    case 'recording-started':
      return { kind: 'recording-started', path: fact.path };
    case 'recording-stopped':
      return { kind: 'recording-stopped', path: fact.path, durationMs: fact.durationMs ?? null };
    default:
      return undefined;
  }
};
