import { type Clock, isoTime, type Random, type Timer } from '../../kernel/clock.js';
import type { Command } from '../../kernel/command.js';
import { DomainError } from '../../kernel/errors.js';
import type { RecordedEvent } from '../../kernel/event.js';
import type { Process } from '../../kernel/process.js';
import { streamOf } from '../../kernel/streams.js';
import { deterministicId } from '../../platform/event-store/deterministic-ids.js';
import type { Alarms } from '../../platform/observability/alarms.port.js';
import { isPassing } from '../../platform/subscriptions/process-commands.js';
import { retryForEver } from '../../platform/subscriptions/retry.js';
import type { CallCommand } from '../../telephony/contract/call-commands.js';
import type { AgentAddresses } from '../ports/agent-addresses.port.js';
import { decideAdmission } from './admission.js';
import { nextOffers, type OfferPlan } from './match.js';
import { agentFollowsTheCall } from './processes/agent-follows-the-call.process.js';
import { ringAgentWhenReserved } from './processes/ring-agent-when-reserved.process.js';
import type { RouterState } from './router-state.js';
import { type Caller, enteringCaller, type Transit } from './routing-view.js';

export interface RouterParts {
  readonly state: RouterState;
  readonly addresses: AgentAddresses;
  readonly dispatcher: { dispatch(stream: string, command: Command, followedBy?: readonly Process[]): Promise<{ readonly position: bigint }> };
  readonly clock: Clock;
  readonly random: Random;
  readonly alarms: Alarms;
  /** False until the state is rebuilt and agrees with the switch, and where another process routes. */
  readonly enabled: () => boolean;
}

export interface RouterOptions {
  /** Time for the way to the phone and back on top of the ringing, ms. Default 5,000. */
  readonly marginMs?: number;
  /** How long a caller is not offered again after the call refused an offer, ms. Default 250. */
  readonly refusedMs?: number;
  /** How long an agent whose shift declined is left out, ms. Default 1,000. */
  readonly declinedMs?: number;
  /** How long an agent whose phone nobody knows is left out, ms. Default 10,000. */
  readonly unknownAddressMs?: number;
}

/** An offer, the agent's being reserved and the call to the phone are recorded at once where nothing stands in the way. */
const OFFERED: readonly Process[] = [agentFollowsTheCall, ringAgentWhenReserved];

/**
 * Offers callers to agents as soon as both are there. A choice is an event on the call before anybody
 * rings; call and shift each have the last word on it, so two routers cannot both win, and one that
 * crashed leaves nothing behind that time does not mend.
 */
export class Router {
  private readonly stopping = new AbortController();
  private readonly moving = new Set<string>();
  private readonly options: Required<RouterOptions>;
  private waking: Timer | undefined;

  constructor(private readonly parts: RouterParts, options: RouterOptions = {}) {
    this.options = { marginMs: 5_000, refusedMs: 250, declinedMs: 1_000, unknownAddressMs: 10_000, ...options };
  }

  /** To be called after the state has applied events. */
  applied(events: readonly RecordedEvent[]): void {
    if (this.idle()) return;
    for (const event of events) {
      if (event.type === 'OfferDeclined') this.leaveOut((event.data as { readonly agentId: string }).agentId, this.options.declinedMs);
    }
    this.match();
  }

  /**
   * To be called in the turn in which somebody is sent into a queue: where an agent is ready for whom nobody
   * waits longer, entry and offer are recorded in one append.
   */
  entering(caller: Caller): void {
    if (this.idle()) return;
    const { state, clock } = this.parts;
    const plan = state.withEntering(caller, () => nextOffers(state, clock.now())).offers.find(({ caller: { segmentId } }) => segmentId === caller.segmentId);
    if (plan !== undefined) this.offer(plan);
  }

  /** Looks for pairs now: to be called when the router becomes enabled. */
  wake(): void {
    if (!this.idle()) this.match();
  }

  stop(): void {
    this.stopping.abort();
    this.waking?.cancel();
  }

  private idle(): boolean {
    return this.stopping.signal.aborted || !this.parts.enabled();
  }

  private match(): void {
    const { state, clock } = this.parts;
    for (;;) {
      const { offers, wakeAt } = nextOffers(state, clock.now());
      const unknown = offers.filter((plan) => !this.offer(plan));
      if (unknown.length > 0) continue;
      this.wakeAt(wakeAt);
      break;
    }
    for (const transit of state.transits()) if (!this.moving.has(transit.caller.segmentId)) void this.move(transit);
  }

  /** False where nobody knows how to reach the agent, who is then left out for a while. */
  private offer(plan: OfferPlan): boolean {
    const { state, addresses, clock, random, alarms } = this.parts;
    const { caller, agentId, shiftId, strategy, candidates, ringTimeoutMs, wrapUpMs, backOff } = plan;
    const address = addresses.addressOf(agentId, caller.nodeId);
    if (address === undefined) {
      alarms.raise({ code: 'agent-without-address', message: `agent ${agentId} is available, but it is not known how node ${caller.nodeId} reaches the agent's phone; configure the agent or the node`, details: { agentId, nodeId: caller.nodeId } });
      this.leaveOut(agentId, this.options.unknownAddressMs);
      return false;
    }
    const offerId = random.uuid();
    const legId = random.uuid();
    state.hold(offerId, caller.segmentId, agentId);
    const dueAt = isoTime(clock.now() + ringTimeoutMs + this.options.marginMs);
    const data = { offerId, segmentId: caller.segmentId, agentId, shiftId, legId, address, strategy, candidates, dueAt, ringTimeoutMs, wrapUpMs, backOff };
    void this.dispatch(caller, deterministicId('make-offer', offerId), { type: 'MakeOffer', data }, OFFERED).then(
      (written) => {
        if (!written) this.refused(offerId);
      },
      (error: unknown) => {
        this.refused(offerId);
        if (!this.stopping.signal.aborted) alarms.raise({ code: 'offer-failed', message: `the offer of a caller in queue ${caller.queueId} could not be made`, details: { queueId: caller.queueId }, error });
      },
    );
    return true;
  }

  /** The agent is free at once; events about the caller, the reason most likely, are on their way. */
  private refused(offerId: string): void {
    const { state, clock } = this.parts;
    state.unholdAgent(offerId);
    clock.after(this.options.refusedMs, () => {
      state.unhold(offerId);
      this.wake();
    });
    this.wake();
  }

  private leaveOut(agentId: string, ms: number): void {
    const { state, clock, random } = this.parts;
    const name = random.uuid();
    state.hold(name, null, agentId);
    clock.after(ms, () => {
      state.unhold(name);
      this.wake();
    });
  }

  /** Brings a caller whose time in a queue was over into the next one, or ends the call where none takes it. */
  private async move({ caller, toQueueId }: Transit): Promise<void> {
    const { state, addresses, clock, alarms } = this.parts;
    const { segmentId, callId, tenantId, visited, legId, waitingSince, nodeId } = caller;
    this.moving.add(segmentId);
    try {
      const admission = decideAdmission(state, { tenantId, queueId: toQueueId, at: isoTime(clock.now()), visited });
      if (admission.kind === 'refuse') {
        await this.dispatch(caller, deterministicId('overflow', segmentId), { type: 'HangUpCall', data: { cause: admission.cause } });
        return;
      }
      const { queueId, priority, maxWaitAt, answer, overflow } = admission;
      const music = admission.music ?? addresses.musicOf(nodeId);
      state.expectCaller(callId, queueId);
      const data = { segmentId: deterministicId('segment', segmentId), legId, queueId, priority, waitingSince, maxWaitAt, answer, overflow, previousSegmentId: segmentId, music };
      const commandId = deterministicId('overflow', segmentId);
      const written = this.dispatch(caller, commandId, { type: 'EnqueueCall', data });
      this.entering(enteringCaller(data, { callId, tenantId, nodeId, commandId, visited: [...visited, queueId] }));
      if (!(await written)) state.unexpectCaller(callId);
    } catch (error) {
      state.unexpectCaller(callId);
      this.moving.delete(segmentId);
      if (!this.stopping.signal.aborted) alarms.raise({ code: 'overflow-failed', message: `a caller could not be brought from queue ${caller.queueId} to ${toQueueId}`, details: { queueId: caller.queueId, toQueueId }, error });
    } finally {
      this.forgetMoved();
    }
  }

  /** Moves that the log has confirmed need not be remembered. */
  private forgetMoved(): void {
    const open = new Set([...this.parts.state.transits()].map(({ caller }) => caller.segmentId));
    for (const segmentId of this.moving) if (!open.has(segmentId)) this.moving.delete(segmentId);
  }

  /** True where the call recorded something; false where it refused or had nothing to record. Waits for a store that is away. */
  private async dispatch(caller: Caller, commandId: string, command: Pick<CallCommand, 'type' | 'data'>, followedBy: readonly Process[] = []): Promise<boolean> {
    const { dispatcher, clock } = this.parts;
    const { callId, tenantId } = caller;
    const meta: Command['meta'] = { commandId, tenantId, at: isoTime(clock.now()), actor: { kind: 'router', id: 'router' }, correlationId: callId, causationId: caller.enteredBy };
    try {
      const result = await retryForEver(clock, this.stopping.signal, () => dispatcher.dispatch(streamOf('call', callId), { ...command, meta }, followedBy), isPassing);
      return result.position > 0n;
    } catch (error) {
      if (error instanceof DomainError && !isPassing(error)) return false;
      throw error;
    }
  }

  private wakeAt(ms: number | null): void {
    this.waking?.cancel();
    this.waking = ms === null ? undefined : this.parts.clock.after(Math.max(0, ms - this.parts.clock.now()), () => this.wake());
  }
}
