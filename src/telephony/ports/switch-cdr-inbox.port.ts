import type { SwitchCdr } from './switch-cdr.js';

/** What a CDR says about a leg's end, without numbers and names: the call knows those already. */
export type WitnessedLeg = Pick<SwitchCdr, 'channelId' | 'switchSessionId' | 'cause' | 'q850' | 'hungUpBy' | 'times' | 'bridge' | 'toFallback' | 'callId'>;

export const witnessedLegOf = ({ channelId, switchSessionId, cause, q850, hungUpBy, times, bridge, toFallback, callId }: SwitchCdr): WitnessedLeg => ({
  channelId, switchSessionId, cause, hungUpBy, times,
  ...(q850 === undefined ? {} : { q850 }), ...(bridge === undefined ? {} : { bridge }), ...(toFallback === undefined ? {} : { toFallback }), ...(callId === undefined ? {} : { callId }),
});

export interface WaitingCdr {
  readonly witnessed: WitnessedLeg;
  /** How often it has been taken, this time included. */
  readonly attempts: number;
}

/**
 * Where CDRs wait between the switch's post and the call that they are about. The switch's own facts
 * come a moment later than its CDR, and are to be heard first.
 */
export interface SwitchCdrInbox {
  /** Keeps a CDR; one of the same leg that waits already stays as it is. */
  put(witnessed: WitnessedLeg, dueInMs: number): Promise<void>;
  /** Those that are due. Nobody else gets them for `keptMs`; unless they are done by then they come again. */
  take(limit: number, keptMs: number): Promise<readonly WaitingCdr[]>;
  postpone(witnessed: WitnessedLeg, byMs: number): Promise<void>;
  done(witnessed: WitnessedLeg): Promise<void>;
}

export const SWITCH_CDR_INBOX = Symbol('SwitchCdrInbox');
