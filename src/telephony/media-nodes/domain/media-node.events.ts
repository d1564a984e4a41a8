import type { DomainEvent, EventSpecs } from '../../../kernel/event.js';

/** How to reach a FreeSWITCH's event socket; `password` is encrypted in the log. */
export interface MediaNodeSettings {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** Dial string of an agent's device; `{user}` is replaced. e.g. `user/{user}@default` */
  readonly deviceAddress: string;
  /** Dial string of a number outside; `{number}` is replaced. e.g. `sofia/gateway/carrier/{number}` */
  readonly trunkAddress: string;
  /** Media played to waiting callers, e.g. `local_stream://moh`. */
  readonly music: string;
  /** Folder on the node for recordings. */
  readonly recordingsFolder: string;
}

export type GapCause = 'connection-lost' | 'heartbeat-missed' | 'disconnect-notice' | 'engine-away' | 'switch-restarted';

export type MediaNodeEvent =
  | DomainEvent<'MediaNodeRegistered', { readonly nodeId: string; readonly settings: MediaNodeSettings }>
  | DomainEvent<'MediaNodeConfigured', { readonly nodeId: string; readonly settings: MediaNodeSettings }>
  | DomainEvent<'MediaNodeRetired', { readonly nodeId: string }>
  /** From `from` on we may have missed events of this node. */
  | DomainEvent<'MediaNodeGapOpened', { readonly nodeId: string; readonly gapId: string; readonly from: string; readonly cause: GapCause }>
  /** The node was compared with what we believed; the counts say what that found. */
  | DomainEvent<'MediaNodeGapClosed', {
      readonly nodeId: string;
      readonly gapId: string;
      readonly from: string;
      readonly to: string;
      readonly switchSessionId: string;
      readonly channelsSeen: number;
      readonly legsConfirmed: number;
      readonly endsInferred: number;
      readonly callersAdmitted: number;
      /** Calls of which something may have been missed: each says so itself. Null where that was not counted yet. */
      readonly callsAffected: number | null;
    }>
  | DomainEvent<'MediaNodeRestarted', { readonly nodeId: string; readonly previousSwitchSessionId: string; readonly switchSessionId: string }>
  /** The node's clock minus ours, ms, smallest of the recent heartbeats; recorded when it moved by 20 ms or more. */
  | DomainEvent<'MediaNodeClockMeasured', { readonly nodeId: string; readonly offsetMs: number }>;

export const mediaNodeEventSpecs: EventSpecs<MediaNodeEvent> = {
  MediaNodeRegistered: { version: 1, personal: { fields: ['settings'], subject: 'nodeId' } },
  MediaNodeConfigured: { version: 1, personal: { fields: ['settings'], subject: 'nodeId' } },
  MediaNodeRetired: { version: 1 },
  MediaNodeGapOpened: { version: 1 },
  MediaNodeGapClosed: { version: 2, upcasters: { 1: (data) => ({ ...data, callsAffected: null }) } },
  MediaNodeRestarted: { version: 1 },
  MediaNodeClockMeasured: { version: 1 },
};
