/** What ended a leg, told to the telephone at its far end. */
export interface LegEnd {
  readonly cause: string;
  /** Whether the telephone itself hung up, cancelled or refused. */
  readonly byFarEnd: boolean;
}

/**
 * The telephone at the far end of a leg, as the switch meets it. All calls come from the switch;
 * none may throw. What a telephone does of its own accord goes through its Line.
 */
export interface FarEnd {
  /** It rings, if it wants to: an outbound leg only. */
  invited?(line: Line): void;
  /** An inbound call has reached the switch and waits there. */
  ringing?(line: Line): void;
  /** The leg is up in both directions. */
  answered?(line: Line): void;
  bridged?(line: Line, otherChannelId: string): void;
  unbridged?(line: Line): void;
  /** Digits sent towards it by the switch or by the other party. */
  digits?(line: Line, digits: string): void;
  ended?(line: Line, end: LegEnd): void;
}

/** What a telephone can do with its leg. Everything is without effect once the leg is over. */
export interface Line {
  readonly channelId: string;
  readonly alive: boolean;
  ring(): void;
  /** 183 with media before the answer. */
  earlyMedia(): void;
  answer(): void;
  /** A final SIP status of 400 and above. */
  refuse(sipStatus: number): void;
  /** BYE when answered, CANCEL of an inbound call that is not. */
  hangUp(): void;
  /** re-INVITE with `a=sendonly`. */
  hold(): void;
  resume(): void;
  /** RFC 2833 digits, 280 ms each. */
  press(digits: string): void;
  /** REFER: the party it talks with goes to `extension`, and this leg ends. */
  refer(extension: string): void;
}

/** Where a dial string leads. */
export type Dialled =
  | {
      readonly kind: 'telephone';
      /** Channel name such as `sofia/internal/1001@192.0.2.10:5060`. */
      readonly channelName: string;
      readonly destination: string;
      readonly address: string;
      readonly farEnd: FarEnd;
    }
  /** The endpoint could not even make a channel: only CHANNEL_DESTROY is seen. */
  | { readonly kind: 'no-channel'; readonly cause: 'INVALID_GATEWAY' | 'INVALID_PROFILE' }
  /** Nothing is seen but the command's answer. */
  | { readonly kind: 'nothing'; readonly cause: 'SUBSCRIBER_ABSENT' | 'USER_NOT_REGISTERED' | 'CHAN_NOT_IMPLEMENTED' }
  /** A channel that fails at once: nobody listens at the address. */
  | { readonly kind: 'unreachable'; readonly channelName: string; readonly destination: string; readonly cause: string };

/** The switch's dial strings: `user/1001@domain`, `sofia/gateway/carrier/+49...`. */
export interface Endpoints {
  dial(address: string, variables: ReadonlyMap<string, string>): Dialled;
}
