import type { ChannelTimes, HungUpBy, LastBridge } from './switch-facts.js';

/**
 * What the switch itself wrote down about a leg after its end: the second witness beside the facts.
 * Numbers and names are plaintext here.
 */
export interface SwitchCdr {
  readonly channelId: string;
  readonly switchSessionId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly callerNumber: string;
  readonly callerName: string;
  /** As it was dialled first, before any transfer. */
  readonly dialedNumber: string;
  readonly cause: string;
  readonly q850?: number;
  readonly sipStatus?: number;
  readonly hungUpBy: HungUpBy;
  readonly times: ChannelTimes & { readonly endedAt: string };
  /** Time that the leg was on hold, ms. */
  readonly heldMs: number;
  readonly bridge?: LastBridge;
  /** Nobody drove the channel in time, and the switch sent it to its fallback. */
  readonly toFallback?: true;
  /** Set by us on legs that we originate. */
  readonly callId?: string;
  readonly tenantId?: string;
}
