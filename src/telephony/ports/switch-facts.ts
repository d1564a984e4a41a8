import type { Unheard } from '../contract/call-events.js';

/** Times of one channel as its switch tells them, ISO 8601 UTC with milliseconds; absent where it did not happen. */
export interface ChannelTimes {
  readonly createdAt: string;
  readonly ringingAt?: string;
  readonly earlyMediaAt?: string;
  readonly answeredAt?: string;
  readonly endedAt?: string;
}

/** The bridge that a channel was in last, as its switch tells it once the channel is over. */
export interface LastBridge {
  readonly otherChannelId: string;
  /** When it began, ISO 8601 UTC; absent where the switch does not know any more: a transfer makes it forget. */
  readonly at?: string;
}

/** Who ended a leg, seen from the leg: its own far end, the switch on somebody's order, or a cancel before the answer. */
export type HungUpBy = 'far-end' | 'switch' | 'unknown';

/**
 * A fact about one channel, in the vocabulary of telephony and not of FreeSWITCH.
 *
 * `at` is when the switch says it happened. `factId` is made from the switch's own identity of the
 * event (Core-UUID, Event-Sequence, index), so the same bytes read again give the same fact.
 * Phone numbers, names and digits are plaintext here and encrypted at the store's border.
 */
export type SwitchFact = ChannelFact | NodeFact | JobCompleted;

interface FactBase {
  readonly factId: string;
  readonly at: string;
}

export interface ChannelAppeared extends FactBase {
  readonly kind: 'channel-appeared';
  readonly channelId: string;
  readonly direction: 'inbound' | 'outbound';
  /** 'device' where the channel authenticated as a registered user (an agent's phone), else 'trunk'. */
  readonly origin: 'trunk' | 'device';
  /** User name of the registered device, where origin is 'device'. */
  readonly deviceUser?: string;
  readonly callerNumber: string;
  readonly callerName: string;
  readonly dialedNumber: string;
  /** The channel of whose call the switch sees this leg as a part; its own id for a first leg. */
  readonly callChannelId: string;
  /** Set by us on legs that we originate (channel variables trunkline_call_id, trunkline_tenant_id). */
  readonly callId?: string;
  readonly tenantId?: string;
  /** An endpoint that exists only inside the switch (loopback), no real leg. */
  readonly internal: boolean;
  readonly switchSessionId: string;
}

export type ChannelFact =
  | ChannelAppeared
  | (FactBase & { readonly kind: 'channel-ringing'; readonly channelId: string })
  | (FactBase & { readonly kind: 'channel-early-media'; readonly channelId: string })
  | (FactBase & { readonly kind: 'channel-answered'; readonly channelId: string })
  | (FactBase & { readonly kind: 'channel-parked'; readonly channelId: string })
  | (FactBase & { readonly kind: 'channel-unparked'; readonly channelId: string })
  /** Here and below, `unheard` is there where it was found later and not told as it happened. */
  | (FactBase & { readonly kind: 'channels-bridged'; readonly channelId: string; readonly otherChannelId: string; readonly unheard?: Unheard })
  | (FactBase & { readonly kind: 'channels-unbridged'; readonly channelId: string; readonly otherChannelId: string; readonly unheard?: Unheard })
  | (FactBase & { readonly kind: 'channel-held'; readonly channelId: string; readonly by: 'far-end' | 'switch'; readonly unheard?: Unheard })
  | (FactBase & { readonly kind: 'channel-resumed'; readonly channelId: string; readonly unheard?: Unheard })
  | (FactBase & {
      readonly kind: 'channel-transferred';
      readonly channelId: string;
      readonly how: 'blind' | 'attended';
      /** Dialled number or extension that the channel was sent to, where the switch tells. */
      readonly destination?: string;
    })
  | (FactBase & { readonly kind: 'digit-received'; readonly channelId: string; readonly digit: string; readonly durationMs: number })
  | (FactBase & { readonly kind: 'digits-collected'; readonly channelId: string; readonly actionId?: string; readonly digits: string; readonly result: 'success' | 'failure' | 'timeout' })
  | (FactBase & { readonly kind: 'playback-started'; readonly channelId: string; readonly media: string })
  | (FactBase & { readonly kind: 'playback-stopped'; readonly channelId: string; readonly media: string; readonly interrupted: boolean })
  | (FactBase & { readonly kind: 'recording-started'; readonly channelId: string; readonly path: string })
  | (FactBase & { readonly kind: 'recording-stopped'; readonly channelId: string; readonly path: string; readonly durationMs?: number })
  | (FactBase & { readonly kind: 'application-completed'; readonly channelId: string; readonly application: string; readonly actionId?: string; readonly response: string })
  | (FactBase & {
      readonly kind: 'channel-ended';
      readonly channelId: string;
      /** Q.850 name as FreeSWITCH writes it, e.g. NORMAL_CLEARING, USER_BUSY, ORIGINATOR_CANCEL. */
      readonly cause: string;
      readonly q850?: number;
      /** Status of the SIP answer that ended it (486, 603, ...), where there was one. */
      readonly sipStatus?: number;
      readonly hungUpBy: HungUpBy;
      readonly times: ChannelTimes;
      readonly bridge?: LastBridge;
      /** Nobody drove the channel in time, and the switch sent it to its fallback. */
      readonly toFallback?: true;
    })
  /** The channel is gone and never reported its end (an invalid gateway gives only CHANNEL_DESTROY). */
  | (FactBase & { readonly kind: 'channel-destroyed'; readonly channelId: string })
  /** Seen and understood, but nothing that this engine models yet; kept for the record of a test or a log line. */
  | (FactBase & { readonly kind: 'channel-noted'; readonly channelId: string; readonly what: string; readonly detail: Readonly<Record<string, string>> });

export interface JobCompleted extends FactBase {
  readonly kind: 'job-completed';
  readonly jobId: string;
  readonly ok: boolean;
  /** `+OK ...` without the prefix, or the error after `-ERR `. */
  readonly result: string;
}

export type NodeFact =
  | (FactBase & { readonly kind: 'heartbeat'; readonly switchSessionId: string; readonly sessions: number; readonly clockOffsetMs?: number })
  | (FactBase & { readonly kind: 'shutting-down'; readonly switchSessionId: string });
