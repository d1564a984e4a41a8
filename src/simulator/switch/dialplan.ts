import type { PlannedApp } from './channel.js';

/** What the dialplan may look at. */
export interface DialplanQuery {
  readonly destination: string;
  readonly channelId: string;
  /** Whether the channel authenticated as a registered user. */
  readonly authenticated: boolean;
}

/** What the switch itself does with a destination. */
export interface Dialplan {
  /** The applications for a destination, or undefined where there is no route. */
  route(query: DialplanQuery): readonly PlannedApp[] | undefined;
}

export interface TrunklineDialplanOptions {
  /** Numbers that the switch bridges by itself, whatever Trunkline does. */
  readonly emergencyNumbers?: readonly string[];
  /** Seconds until a caller whom nobody takes over goes to the fallback. */
  readonly fallbackAfterS?: number;
  /** Dial string of the fallback; without one an announcement is played and the call ends. */
  readonly fallback?: string;
  /** Further extensions: transfer targets, announcements. */
  readonly extensions?: Readonly<Record<string, readonly PlannedApp[]>>;
}

export const FALLBACK_EXTENSION = 'trunkline-fallback';
/** Plays three seconds of nothing and ends: somewhere to transfer a caller to. */
export const ANNOUNCEMENT_EXTENSION = '9103';

const app = (name: string, data = ''): PlannedApp => ({ app: name, data });

/** The group of the task that takes a parked caller to the fallback; whoever takes over deletes it. */
export const fallbackTaskGroup = (channelId: string): string => `trunkline-${channelId}`;

/**
 * The dialplan that ships with Trunkline for a FreeSWITCH node, as the simulated switch runs it:
 * emergency numbers are bridged by the switch, a device's own call goes out, everything else is
 * parked unanswered under a timed transfer to the fallback.
 */
export const trunklineDialplan = (options: TrunklineDialplanOptions = {}): Dialplan => {
  const emergency = new Set(options.emergencyNumbers ?? ['112', '911', '999', '000', '110']);
  const after = options.fallbackAfterS ?? 10;
  const extensions: Readonly<Record<string, readonly PlannedApp[]>> = {
    [FALLBACK_EXTENSION]: options.fallback
      ? [app('set', 'trunkline_fallback_taken=true'), app('set', 'hangup_after_bridge=true'), app('bridge', options.fallback)]
      : [app('answer'), app('playback', 'ivr/ivr-call_cannot_be_completed_as_dialed.wav'), app('hangup', 'NORMAL_TEMPORARY_FAILURE')],
    [ANNOUNCEMENT_EXTENSION]: [app('answer'), app('sleep', '3000'), app('hangup', 'NORMAL_CLEARING')],
    ...options.extensions,
  };
  return {
    route({ destination, channelId, authenticated }) {
      if (emergency.has(destination)) return [app('set', 'trunkline_emergency=true'), app('set', 'hangup_after_bridge=true'), app('bridge', `sofia/gateway/emergency/${destination}`)];
      const extension = extensions[destination];
      if (extension) return extension;
      if (authenticated && /^\+?[0-9]{2,20}$/.test(destination)) return [app('set', 'hangup_after_bridge=true'), app('bridge', `sofia/gateway/carrier/${destination}`)];
      if (destination === '') return undefined;
      const task = `+${after} ${fallbackTaskGroup(channelId)} uuid_transfer ${channelId} ${FALLBACK_EXTENSION} XML trunkline`;
      return [app('set', 'hangup_after_bridge=true'), app('set', `trunkline_armed=\${sched_api(${task})}`), app('park')];
    },
  };
};
