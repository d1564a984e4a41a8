/** Which queues calls can be sent to. */
export interface KnownQueues {
  /** Whether the tenant has this queue and it takes callers. */
  isInService(tenantId: string, queueId: string): Promise<boolean>;
}

export const KNOWN_QUEUES = Symbol('KnownQueues');
