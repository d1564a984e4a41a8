import type { Clock } from '../../kernel/clock.js';
import { ChannelThread } from './channel-thread.js';
import type { FarEnd } from './far-end.js';
import type { AnswerState, CallState, ChannelState } from './states.js';

/** Who a leg is between, as FreeSWITCH's caller profile says it. */
export interface CallerProfile {
  username?: string;
  dialplan?: string;
  callerName: string;
  callerNumber: string;
  originalName: string;
  originalNumber: string;
  calleeName?: string;
  calleeNumber?: string;
  networkAddress?: string;
  ani: string;
  destination: string;
  source: string;
  transferSource?: string;
  context: string;
  index: number;
}

/** Microseconds since the epoch; 0 means that it did not happen. */
export interface ProfileTimes {
  profileCreated: number;
  created: number;
  answered: number;
  progress: number;
  progressMedia: number;
  hangup: number;
  transfer: number;
  bridged: number;
  lastHold: number;
  holdAccum: number;
}

export interface OtherLeg {
  readonly type: 'originator' | 'originatee';
  readonly direction: 'inbound' | 'outbound';
  readonly uuid: string;
  readonly name: string;
  readonly profile: CallerProfile;
  readonly times: ProfileTimes;
}

/** An application that runs on a channel. `stop` ends it from outside and gives its response. */
export interface RunningApp {
  readonly app: string;
  readonly data: string;
  readonly uuid: string;
  /** Set for an application that came as a message (sendmsg, uuid_broadcast): the message's headers. */
  readonly message?: PrivateMessage;
  /** Started when the channel had no media yet. */
  readonly beforeMedia: boolean;
  playback?: { readonly path: string; readonly startedMs: number };
  /** Releases timers; called once, when the application ends for any reason. */
  release?: () => void;
  /** What a break or a key does to it, if it can be interrupted. */
  interrupt?: () => void;
  /** Another application runs within it, and is over. */
  pause?: () => void;
  resume?: () => void;
  onDigit?: (digit: string) => void;
}

export interface PrivateMessage {
  /** As PRIVATE_COMMAND shows them, before its own. */
  readonly headers: readonly (readonly [string, string])[];
  readonly command: 'execute' | 'hangup' | 'other';
  readonly app: string;
  readonly arg: string;
  readonly uuid: string;
  readonly loops: number;
  readonly lock: boolean;
  readonly cause: string;
}

export interface PlannedApp {
  readonly app: string;
  readonly data: string;
}

export interface Bridge {
  readonly a: Channel;
  readonly b: Channel;
  readonly byApp: boolean;
  stage: 'pending' | 'up' | 'over';
}

export type EndedBy = 'far-end' | 'switch';

/** One leg as the switch holds it: plain state; what happens to it is in `flows/`. */
export class Channel {
  state: ChannelState = 'CS_NEW';
  running: ChannelState = 'CS_NEW';
  callState: CallState = 'DOWN';
  answerState: AnswerState = 'ringing';
  hasMedia = false;
  /** Whether the endpoint has filled in who calls whom. */
  hasProfile = false;
  /** A cause, once it is hung up. */
  cause: string | undefined;
  endedBy: EndedBy = 'switch';
  sipStatus: number | undefined;
  reported = false;
  destroyed = false;
  callUuid: string;
  otherLeg: OtherLeg | undefined;
  bridge: Bridge | undefined;
  profile: CallerProfile;
  times: ProfileTimes;
  readonly history: { profile: CallerProfile; times: ProfileTimes }[] = [];
  readonly variables = new Map<string, string>();
  /** Applications running, the outermost first. */
  readonly apps: RunningApp[] = [];
  plan: readonly PlannedApp[] = [];
  readonly messages: PrivateMessage[] = [];
  /** A message under event-lock is running: the others wait. */
  locked = false;
  readonly recordings = new Map<string, number>();
  readonly holds: [number, number][] = [];
  readonly executed: { app: string; data: string }[] = [];
  lastApp: PlannedApp | undefined;
  readonly thread: ChannelThread;
  /** The originate that waits for this leg. */
  dialling: { settle(outcome: { ok: true } | { ok: false; cause: string }): void } | undefined;

  constructor(
    clock: Clock,
    readonly uuid: string,
    readonly direction: 'inbound' | 'outbound',
    readonly name: string,
    readonly sessionNumber: number,
    profile: CallerProfile,
    createdUs: number,
    readonly farEnd: FarEnd,
  ) {
    this.thread = new ChannelThread(clock);
    this.callUuid = uuid;
    this.profile = profile;
    this.times = { profileCreated: createdUs, created: createdUs, answered: 0, progress: 0, progressMedia: 0, hangup: 0, transfer: 0, bridged: 0, lastHold: 0, holdAccum: 0 };
  }

  get hungUp(): boolean {
    return this.cause !== undefined;
  }

  get answered(): boolean {
    return this.times.answered > 0;
  }

  /** In the park application, or parked by the switch after a bridge. */
  get parked(): boolean {
    return this.running === 'CS_PARK' || this.apps.some((running) => running.app === 'park');
  }

  get top(): RunningApp | undefined {
    return this.apps.at(-1);
  }

  /** The other party, while a bridge is up or being made. */
  get partner(): Channel | undefined {
    const bridge = this.bridge;
    return bridge ? (bridge.a === this ? bridge.b : bridge.a) : undefined;
  }

  isTrue(variable: string): boolean {
    return ['true', 'yes', 'on', '1', 't', 'enabled', 'active', 'allow'].includes((this.variables.get(variable) ?? '').toLowerCase());
  }

  /** Starts a new caller profile, as a bridge or a transfer does; the old one stays in the call flow. */
  newProfile(atUs: number, change: Partial<CallerProfile>): void {
    this.history.push({ profile: this.profile, times: { ...this.times, transfer: atUs } });
    this.profile = { ...this.profile, ...change, index: this.profile.index + 1 };
    this.times = { ...this.times, profileCreated: atUs, bridged: 0, transfer: 0 };
  }

  /** The name and number shown turn round once an outbound leg is answered. */
  flipCallerId(): void {
    const { callerName, callerNumber, calleeName, calleeNumber } = this.profile;
    this.variables.set('pre_transfer_caller_id_name', callerName);
    this.variables.set('pre_transfer_caller_id_number', callerNumber);
    this.variables.set('channel_cid_flipped', 'yes');
    this.profile = { ...this.profile, callerName: calleeName ?? callerName, callerNumber: calleeNumber ?? callerNumber, calleeName: callerName, calleeNumber: callerNumber };
  }
}
