import type { Page, PageRequest, StatusFilter } from '../../platform/http/pages.js';
import type { GapCause, MediaNodeSettings, NumberDestination } from '../contract/configuration-events.js';

export interface NumberView {
  readonly numberId: string;
  /** E.164 with a plus, or a short internal number. */
  readonly number: string;
  readonly status: 'active' | 'retired';
  readonly destination: NumberDestination;
}

export interface NodeView {
  readonly nodeId: string;
  readonly status: 'active' | 'retired';
  /** Without the password; null once that key is destroyed. */
  readonly settings: Omit<MediaNodeSettings, 'password'> | null;
  /** Since when and why facts of the node may have been missed; null while it is connected and compared. */
  readonly gap: { readonly since: string; readonly cause: GapCause } | null;
  /** Null while a gap is open, and before the node was reached for the first time. */
  readonly connectedSince: string | null;
  /** Core-UUID of the switch; null until it was reached for the first time. */
  readonly switchSessionId: string | null;
  /** How often the switch was found restarted. */
  readonly restarts: number;
  /** The node's clock minus ours, ms; null until measured. */
  readonly clockOffsetMs: number | null;
}

/** Numbers of a tenant, and media nodes of the operator, as they are configured now. */
export interface TelephonyConfiguration {
  numbers(tenantId: string, filter: StatusFilter, page: PageRequest): Promise<Page<NumberView>>;
  number(tenantId: string, numberId: string): Promise<NumberView | undefined>;
  nodes(tenantId: string, filter: StatusFilter, page: PageRequest): Promise<Page<NodeView>>;
  node(tenantId: string, nodeId: string): Promise<NodeView | undefined>;
}

export const TELEPHONY_CONFIGURATION = Symbol('TelephonyConfiguration');
