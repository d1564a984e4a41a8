export interface AgentAtDevice {
  readonly tenantId: string;
  readonly agentId: string;
  /** The agent's open shift; null when signed out. */
  readonly shiftId: string | null;
}

/** Whose phone a registered device is. */
export interface AgentDevices {
  agentOf(deviceUser: string): AgentAtDevice | undefined;
}
