import type { SwitchAction } from '../contract/switch-actions.js';
import type { ChannelTimes } from './switch-facts.js';

/** A channel that the switch has right now. */
export interface LiveChannel {
  readonly channelId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly createdAt: string;
  /** Channel-Call-State as our word. */
  readonly state: 'down' | 'ringing' | 'early' | 'active' | 'held' | 'hangup';
  readonly callerNumber: string;
  readonly callerName: string;
  readonly dialedNumber: string;
  readonly callChannelId: string;
  readonly parked: boolean;
  /** The channel that it talks with, where the switch tells. */
  readonly bridgedWith?: string;
}

/** What a switch tells of one channel when it is asked; instants are exact, ISO 8601 UTC. */
export interface ChannelDetail extends Omit<ChannelTimes, 'endedAt'> {
  /** Begin of the bridge that it is in, or was in last. */
  readonly bridgedAt?: string;
  /** Begin of the hold that it is in. */
  readonly hold?: { readonly since: string; readonly by: 'far-end' | 'switch' };
  /** User name of the registered device behind it. */
  readonly deviceUser?: string;
  /** Set by us on legs that we originate. */
  readonly callId?: string;
  readonly tenantId?: string;
  readonly internal: boolean;
}

export type ActionResult =
  | { readonly ok: true; readonly result: string }
  /** The switch said no, or the channel is not there: nothing was done. */
  | { readonly ok: false; readonly reason: string }
  /** The connection went before the answer: it may have been done. */
  | { readonly ok: 'unknown'; readonly reason: string };

/**
 * Carries out deeds on the media node that holds a channel. Deeds on one channel run in the order
 * given, those on different channels in parallel. Nothing is ever sent twice.
 */
export interface TelephonyGateway {
  /** Whether the node is connected and reconciled, so that deeds can be done. */
  isReady(nodeId: string): boolean;
  /** What has not had its turn by `deadlineAt` (ISO 8601 UTC) is not done any more. */
  perform(nodeId: string, action: SwitchAction, deadlineAt?: string): Promise<ActionResult>;
  /** Whether the channel exists; throws when the node cannot be asked. */
  exists(nodeId: string, channelId: string): Promise<boolean>;
}

export const TELEPHONY_GATEWAY = Symbol('TelephonyGateway');
