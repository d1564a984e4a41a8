/** Where a media node reaches an agent, and what it plays. Plaintext: never logged, never in a snapshot. */
export interface AgentAddresses {
  /** Dial string of the agent's phone as this node reaches it; undefined: it is not known how. */
  addressOf(agentId: string, nodeId: string): string | undefined;
  /** What the node plays to callers who wait; null: nothing. */
  musicOf(nodeId: string): string | null;
}
