import { ERASED, type Json } from '../../../kernel/event.js';

/**
 * A deed on the switch. `actionId` is the effect's key and the Job-UUID; `channelId` is the channel
 * whose order of deeds it obeys.
 */
export type SwitchAction = { readonly actionId: string; readonly channelId: string } & (
  | { readonly deed: 'answer' }
  /** Takes a parked caller over: deletes the task that would send it to the fallback. */
  | { readonly deed: 'take-over' }
  /**
   * Starts a leg with `channelId` as its uuid. `address` is a dial string of the node
   * (`user/1001@domain`, `sofia/gateway/x/+1...`); early media is ignored; on answer it parks.
   */
  | {
      readonly deed: 'originate';
      /** An agent's leg may be asked about and tried again; a customer is never rung twice. */
      readonly whom: 'agent' | 'customer';
      readonly callId: string;
      readonly tenantId: string;
      readonly address: string;
      readonly callerNumber: string;
      readonly callerName: string;
      readonly timeoutMs: number;
    }
  | { readonly deed: 'bridge'; readonly otherChannelId: string }
  | { readonly deed: 'hang-up'; readonly cause: string }
  | { readonly deed: 'park' }
  | { readonly deed: 'hold' }
  | { readonly deed: 'resume' }
  /** Blind: `leg` tells which side of the bridge goes: this channel, the other one, or both. */
  | { readonly deed: 'transfer'; readonly destination: string; readonly leg: 'this' | 'other' | 'both' }
  /** `loop`: music, until something else is played or the channel is bridged. */
  | { readonly deed: 'play'; readonly media: string; readonly loop: boolean }
  | { readonly deed: 'stop-playing' }
  | { readonly deed: 'send-digits'; readonly digits: string }
  | {
      readonly deed: 'collect-digits';
      readonly prompt: string;
      readonly minDigits: number;
      readonly maxDigits: number;
      readonly timeoutMs: number;
      readonly terminators: string;
      /** Card numbers and the like: what is collected is not stored. */
      readonly sensitive: boolean;
    }
  | { readonly deed: 'start-recording'; readonly recordingId: string; readonly path: string }
  | { readonly deed: 'stop-recording'; readonly recordingId: string; readonly path: string }
);

export type Deed = SwitchAction['deed'];

/** A probed deed may be asked about after a crash and done if it was not; one that is done at most once is never repeated. */
export type Guarantee = 'probed' | 'at-most-once';

const AT_MOST_ONCE: ReadonlySet<Deed> = new Set(['transfer', 'send-digits', 'collect-digits']);

export const guaranteeOf = (action: SwitchAction): Guarantee =>
  AT_MOST_ONCE.has(action.deed) || (action.deed === 'originate' && action.whom === 'customer') || (action.deed === 'play' && !action.loop) ? 'at-most-once' : 'probed';

const PERSONAL_FIELDS = new Set(['address', 'callerNumber', 'callerName', 'destination', 'digits']);

/** An action as its event stores it: numbers, names and digits apart from the rest, so that they are encrypted. */
export const splitAction = (action: SwitchAction): { parameters: Json; personal: Json } => {
  const parameters: Record<string, Json> = {};
  const personal: Record<string, Json> = {};
  for (const [key, value] of Object.entries(action)) {
    if (key === 'actionId' || key === 'channelId' || key === 'deed') continue;
    (PERSONAL_FIELDS.has(key) ? personal : parameters)[key] = value as Json;
  }
  return { parameters, personal: Object.keys(personal).length > 0 ? personal : null };
};

/** Without these there is nothing to be done; who calls may be unknown. */
const NEEDED = ['address', 'destination', 'digits'] as const;

/** The action that an event asks for, or undefined where the person behind it was erased meanwhile. */
export const joinAction = (data: {
  readonly actionId: string;
  readonly channelId: string;
  readonly deed: Deed;
  readonly parameters: Json;
  readonly personal: Json;
}): SwitchAction | undefined =>
  typeof data.personal === 'string' || NEEDED.some((part) => (data.personal as Readonly<Record<string, Json>> | null)?.[part] === ERASED)
    ? undefined
    : ({ actionId: data.actionId, channelId: data.channelId, deed: data.deed, ...(data.parameters as object), ...(data.personal as object | null) } as SwitchAction);
