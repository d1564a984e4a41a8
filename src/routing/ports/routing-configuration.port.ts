import type { Page, PageRequest, StatusFilter } from '../../platform/http/pages.js';
import type { AgentSettings, QueueSettings } from '../contract/routing-events.js';

export interface QueueView {
  readonly queueId: string;
  readonly status: 'active' | 'retired';
  readonly settings: QueueSettings;
  readonly members: readonly { readonly agentId: string; readonly level: number; readonly position: number }[];
}

export interface AgentView {
  readonly agentId: string;
  readonly status: 'active' | 'retired';
  /** Null once the person is erased. */
  readonly settings: AgentSettings | null;
}

/** A tenant's queues and agents as they are configured now. */
export interface RoutingConfiguration {
  queues(tenantId: string, filter: StatusFilter, page: PageRequest): Promise<Page<QueueView>>;
  queue(tenantId: string, queueId: string): Promise<QueueView | undefined>;
  agents(tenantId: string, filter: StatusFilter, page: PageRequest): Promise<Page<AgentView>>;
  agent(tenantId: string, agentId: string): Promise<AgentView | undefined>;
}

export const ROUTING_CONFIGURATION = Symbol('RoutingConfiguration');
