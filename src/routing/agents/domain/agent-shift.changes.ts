import { isoTime, msOf } from '../../../kernel/clock.js';
import type { AgentShiftEvent, ReleaseReason } from './agent-shift.events.js';
import { engagementOf, evolveShift, type ShiftState } from './agent-shift.state.js';

type OwnData<T extends AgentShiftEvent['type']> = Omit<Extract<AgentShiftEvent, { type: T }>['data'], 'agentId' | 'shiftId'>;

/**
 * The events that one command leads to, and the state after them. They happen at one time: when the
 * call says it was, but neither before the shift's newest event nor after the command.
 */
export class ShiftChanges {
  readonly events: AgentShiftEvent[] = [];
  readonly at: string;

  constructor(public state: ShiftState, happenedAt: string, decidedAt: string) {
    // Not after the command either: a wrong clock of a switch must not push the shift into the future.
    this.at = isoTime(Math.max(msOf(state.lastAt), Math.min(msOf(happenedAt), msOf(decidedAt))));
  }

  add<T extends AgentShiftEvent['type']>(type: T, data: OwnData<T>): void {
    const { agentId, shiftId } = this.state;
    const event = { type, data: { agentId, shiftId, ...data }, occurredAt: this.at } as unknown as AgentShiftEvent & { readonly occurredAt: string };
    this.events.push(event);
    this.state = evolveShift(this.state, event);
  }

  /** Lets the reserved agent go; `delayMs`: how long to be left alone, null: not at all. */
  release(reason: ReleaseReason, delayMs: number | null): void {
    const { reservation, noAnswerCount } = this.state;
    if (reservation === null) return;
    const missed = reason === 'no-answer' ? noAnswerCount + 1 : noAnswerCount;
    this.add('AgentReleased', {
      offerId: reservation.offerId,
      callId: reservation.callId,
      reason,
      noAnswerCount: missed,
      readyAt: delayMs === null || delayMs === 0 ? null : isoTime(msOf(this.at) + delayMs),
    });
    const { presence, queued } = this.state;
    const { maxNoAnswer } = reservation.backOff;
    if (reason === 'no-answer' && maxNoAnswer !== null && missed >= maxNoAnswer && presence === 'available' && queued === null) {
      this.add('AgentAutoPaused', { reason: 'no-answer', noAnswerCount: missed });
    }
  }

  endWrapUp(by: 'agent' | 'timer' | 'supervisor' | 'sign-out'): void {
    const { wrapUp } = this.state;
    if (wrapUp === null) return;
    const { callId, segmentId, queueId, since } = wrapUp;
    this.add('AgentWrapUpEnded', { callId, segmentId, queueId, since, by });
  }

  signOut(): void {
    const { shiftNumber, signedInAt, idleSince, noAnswerCount } = this.state;
    this.add('AgentSignedOut', { shiftNumber, signedInAt, idleSince, noAnswerCount });
  }

  /** Fulfils the wish that waited for the agent to be idle. */
  settle(): void {
    const { queued } = this.state;
    if (queued === null || engagementOf(this.state) !== 'idle') return;
    if (queued.presence === 'signed-out') this.signOut();
    else this.add('AgentPaused', { reason: queued.reason ?? 'asked' });
  }
}
