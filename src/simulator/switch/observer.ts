import type { ProfileTimes } from './channel.js';
import type { LegEnd } from './far-end.js';

/**
 * What truly happened, told by the switch as it does it, apart from any event that a subscriber may
 * or may not receive. `atUs` is the switch's stepped clock (the time in its CDR), microseconds.
 */
export type SwitchTruth = { readonly atUs: number; readonly channelId: string } & (
  | {
      readonly what: 'created';
      readonly direction: 'inbound' | 'outbound';
      readonly from: string;
      readonly fromName: string;
      readonly to: string;
      /** Channel variables given to an originated leg. */
      readonly variables: ReadonlyMap<string, string>;
      /** The channel on whose behalf the dialplan dialled this leg. */
      readonly forChannelId?: string;
    }
  | { readonly what: 'ringing' | 'early-media' | 'answered' | 'parked' | 'unparked' }
  | { readonly what: 'bridged' | 'unbridged'; readonly otherChannelId: string }
  | { readonly what: 'held'; readonly by: 'far-end' | 'switch' }
  | { readonly what: 'resumed' }
  | { readonly what: 'transferred'; readonly destination: string; readonly by: 'far-end' | 'switch' | 'task' }
  | { readonly what: 'extension'; readonly extension: string }
  | { readonly what: 'digit'; readonly digit: string }
  | { readonly what: 'recording-started' | 'recording-stopped'; readonly path: string }
  | ({ readonly what: 'ended'; readonly q850: number; readonly sipStatus?: number; readonly holdUs: number; readonly times: Readonly<ProfileTimes> } & LegEnd)
  /** Gone without a word: a crash of the switch, or a fault put in. */
  | { readonly what: 'vanished' }
);

export type SwitchObserver = (truth: SwitchTruth) => void;
