import { conflict, notFound } from '../../../kernel/checks.js';
import type { CommandMeta } from '../../../kernel/command.js';
import { streamOf } from '../../../kernel/streams.js';
import type { CommandExecutor, CommandResult } from '../../../platform/event-store/command-executor.js';
import type { CallCommand } from '../domain/call.commands.js';
import { callDecider } from '../domain/call.decider.js';
import { type CallState, type Leg, liveLegs } from '../domain/call.state.js';
import type { AskedOfSwitch, LegSide } from './call.command.js';
import { BEGIN_WITHIN_MS, type DeedOrder } from './deed-order.js';

/** Finds what a command on a call is about, and carries it out. */
export class Calls {
  constructor(private readonly executor: CommandExecutor) {}

  /** Throws DomainError 404 for a call that is not there, or is another tenant's. */
  async load(callId: string, tenantId: string): Promise<CallState> {
    const { state, tenantId: owner } = await this.executor.load(callDecider, streamOf('call', callId));
    if (owner !== tenantId) throw notFound('call-not-found', 'there is no call with this id');
    return state;
  }

  /** What is asked of a call belongs to the call: reactions to it keep their order with all else that happens there. Its cause is the request. */
  execute(callId: string, command: CallCommand): Promise<CommandResult> {
    const { meta } = command;
    return this.executor.execute(callDecider, streamOf('call', callId), { ...command, meta: { ...meta, correlationId: callId, causationId: meta.correlationId } } as CallCommand);
  }

  async order(callId: string, legId: string, deed: DeedOrder, meta: CommandMeta): Promise<AskedOfSwitch> {
    const actionId = meta.commandId;
    const result = await this.execute(callId, { type: 'RequestAction', data: { action: { ...deed, actionId, channelId: legId }, timeoutMs: BEGIN_WITHIN_MS }, meta });
    return { result, actionId: result.position === 0n ? null : actionId };
  }
}

const PERSON_FIRST = ['caller', 'callee', 'other', 'agent'] as const;
const AGENT_FIRST = ['agent', 'caller', 'callee', 'other'] as const;

const firstOf = (legs: readonly Leg[], order: readonly Leg['role'][]): Leg | undefined => order.map((role) => legs.find((leg) => leg.role === role)).find((leg) => leg !== undefined);

/**
 * The leg that is named, else the live one of that side. Of a call that has ended none is chosen: the
 * decider says so, or remembers that the command was carried out before.
 */
export const legOf = (state: CallState, legId: string | undefined, side: LegSide): string => {
  if (legId !== undefined) return legId;
  if (state.status !== 'live') return '';
  const leg = firstOf(liveLegs(state), side === 'agent' ? AGENT_FIRST : PERSON_FIRST);
  if (leg === undefined) throw conflict('no-live-leg', 'the call has no leg yet that something could be done with; ask again when its events tell of one');
  return leg.legId;
};

/** The only live leg beside `legId`. */
export const otherLegOf = (state: CallState, legId: string): string => {
  if (state.status !== 'live') return '';
  const [other, ...more] = liveLegs(state).filter((leg) => leg.legId !== legId);
  if (other === undefined) throw conflict('no-other-leg', 'the call has no second live leg to bridge with');
  if (more.length > 0) throw conflict('which-leg', 'the call has more than two live legs; name both, legId and otherLegId');
  return other.legId;
};
