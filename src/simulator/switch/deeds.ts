import type { Bridge, Channel, EndedBy, PlannedApp, PrivateMessage } from './channel.js';
import type { Dialled, Line } from './far-end.js';

export interface HangUpDetails {
  readonly by: EndedBy;
  /** Final SIP status of the far end, for a refusal. */
  readonly sipStatus?: number;
}

export interface OriginateRequest {
  readonly uuid: string;
  readonly variables: ReadonlyMap<string, string>;
  readonly dialled: Dialled;
  readonly callerName: string;
  readonly callerNumber: string;
  readonly timeoutMs: number;
  /** Runs on the leg once it is answered. */
  readonly plan: readonly PlannedApp[];
  /** The channel on whose behalf the dialplan dials. */
  readonly forChannel?: Channel;
}

export type OriginateOutcome = { readonly ok: true; readonly channel: Channel } | { readonly ok: false; readonly cause: string };

export interface InboundCall {
  readonly from: string;
  readonly fromName: string;
  readonly to: string;
  /** Name of the registered user whose device calls, where it authenticated as one. */
  readonly authenticatedUser?: string;
  readonly uuid?: string;
}

/**
 * What can be done with channels. Each flow is a file of its own in `flows/` and reaches the others
 * through here, so that none imports another.
 */
export interface Deeds {
  lineOf(channel: Channel): Line;
  ring(channel: Channel): void;
  earlyMedia(channel: Channel): void;
  answer(channel: Channel): void;

  originate(request: OriginateRequest, done: (outcome: OriginateOutcome) => void): void;

  hangUp(channel: Channel, cause: string, details: HangUpDetails): void;
  destroy(channel: Channel): void;

  runPlan(channel: Channel, plan: readonly PlannedApp[]): void;
  /** Ends every application of the channel, the innermost first; playbacks answer with `response`. */
  unwind(channel: Channel, response: string): void;
  /** A message for the channel (sendmsg, uuid_broadcast), handled when its thread gets to it. */
  send(channel: Channel, message: PrivateMessage): void;
  /** uuid_break: ends what plays; with `all`, what waits as well. */
  interrupt(channel: Channel, all: boolean): void;
  receiveDigits(channel: Channel, digits: string, source: 'RTP' | 'APP' | 'INBAND_AUDIO'): void;

  bridge(first: Channel, second: Channel): boolean;
  bridgeByApp(a: Channel, b: Channel): void;
  /** `leaver` was hung up: what becomes of the other. */
  leaveBridge(bridge: Bridge, leaver: Channel): void;
  /** Takes the channel out of its bridge; the other goes its way. */
  endStandingBridge(channel: Channel): void;
  fireUnbridge(bridge: Bridge): void;

  park(channel: Channel): void;
  transfer(channel: Channel, destination: string, by: 'far-end' | 'switch' | 'task'): void;
  transferBoth(channel: Channel, destination: string): void;
  hold(channel: Channel, by: 'far-end' | 'switch'): void;
  resume(channel: Channel, by: 'far-end' | 'switch'): void;

  startRecording(channel: Channel, path: string): boolean;
  stopRecording(channel: Channel, path: string): boolean;
  stopAllRecordings(channel: Channel): void;
}
