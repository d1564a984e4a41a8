import type { Command } from '../../../kernel/command.js';
import type { BackOff, ReleaseReason } from './agent-shift.events.js';

/** What a person, or a supervisor for them, chooses. The command's actor says who it was. */
export type PresenceCommand =
  | Command<'MakeAvailable', Record<string, never>>
  /** `force`: at once, even during a call, which goes on. */
  | Command<'PauseAgent', { readonly reason: string; readonly force: boolean }>
  /** `force`: at once; whatever was open is closed in the shift's record, and an open offer is rescinded. */
  | Command<'SignOutAgent', { readonly force: boolean }>
  /** `segmentId` null: whichever contact is being wrapped up. */
  | Command<'EndWrapUp', { readonly segmentId: string | null; readonly by: 'agent' | 'timer' | 'supervisor' }>;

/** What calls make of the agent. `at`: when it happened there, ISO 8601 UTC. */
export type EngagementCommand =
  | Command<'ReserveAgent', { readonly offerId: string; readonly callId: string; readonly queueId: string; readonly dueAt: string; readonly backOff: BackOff }>
  | Command<'StartRinging', { readonly offerId: string; readonly at: string }>
  | Command<'ReleaseAgent', { readonly offerId: string; readonly reason: ReleaseReason; readonly at: string }>
  | Command<'ExpireReservation', { readonly offerId: string }>
  | Command<'StartContact', { readonly segmentId: string; readonly callId: string; readonly queueId: string | null; readonly offerId: string | null; readonly at: string }>
  | Command<'EndContact', { readonly segmentId: string; readonly holdMs: number; readonly wrapUpMs: number; readonly at: string }>
  /** A contact of which nothing was heard until it was over; the agent may have been at something else since. */
  | Command<'NoteContact', { readonly segmentId: string; readonly callId: string; readonly queueId: string | null; readonly startedAt: string; readonly endedAt: string }>
  | Command<'StartOwnCall', { readonly legId: string; readonly callId: string; readonly at: string }>
  | Command<'EndOwnCall', { readonly legId: string; readonly at: string }>;

export type AgentShiftCommand =
  /** `idleSince` null: the agent's first shift, idle from now on. */
  | Command<'OpenShift', { readonly agentId: string; readonly shiftId: string; readonly shiftNumber: number; readonly idleSince: string | null; readonly noAnswerCount: number }>
  | PresenceCommand
  | EngagementCommand;
