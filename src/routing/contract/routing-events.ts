export type { AgentEvent, AgentSettings } from '../agents/domain/agent.events.js';
export { agentEventSpecs } from '../agents/domain/agent.events.js';
export type { AgentShiftEvent, BackOff, Engagement, Presence, ReleaseReason } from '../agents/domain/agent-shift.events.js';
export { agentShiftEventSpecs } from '../agents/domain/agent-shift.events.js';
export type { Overflow, QueueEvent, QueueSettings } from '../queues/domain/queue.events.js';
export { queueEventSpecs } from '../queues/domain/queue.events.js';
