import type { GapCause } from '../contract/configuration-events.js';
import type { SwitchFact } from './switch-facts.js';
import type { ChannelDetail, LiveChannel } from './telephony-gateway.port.js';

/** From `from` on (ISO 8601 UTC, our clock) facts of the node may have been missed. */
export interface NodeGap {
  readonly from: string;
  readonly cause: GapCause;
  readonly message: string;
}

/** What a node has, taken when nothing of it is missed any more: every fact after it is told. */
export interface NodeSnapshot {
  /** Changes when the switch restarts. */
  readonly switchSessionId: string;
  /** When the list was taken, ISO 8601 UTC, our clock. */
  readonly takenAt: string;
  /** Without the channels that appeared since we listen again: facts tell of those. */
  readonly channels: readonly LiveChannel[];
  /**
   * Whether a channel that is not in the list is gone and nothing will tell its end any more. False
   * where it lives, and where its end was seen and waits to be told. Throws when the node cannot be asked.
   */
  confirmAbsent(channelId: string): Promise<boolean>;
  /** What the list does not tell of a channel; undefined where it is gone meanwhile. Throws when the node cannot be asked. */
  describe(channelId: string): Promise<ChannelDetail | undefined>;
}

/** Who owns a media node listens to it here. Calls come one after the other, in the order in which things happened. */
export interface NodeListener {
  /** At most one gap is open at a time; `onConnected` ends it. What was missed while that took its time is told as soon as it is done. */
  onGapOpened(gap: NodeGap): void;
  /**
   * Connected, for the first time or again. Facts wait until the promise resolves; if it rejects, a
   * newer snapshot is offered later.
   */
  onConnected(snapshot: NodeSnapshot): Promise<void>;
  /** In order of arrival. While a returned promise is pending, later facts wait; if it rejects, they are lost and a gap is opened. */
  onFacts(facts: readonly SwitchFact[]): void | Promise<void>;
  /**
   * How many channels the node has, now and then while it is connected; `look` takes a list of them.
   * Facts go on flowing meanwhile. If it rejects, nothing is lost but the comparison.
   */
  onCount?(channels: number, look: () => Promise<NodeSnapshot>): Promise<void>;
}
