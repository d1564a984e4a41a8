import type { QueueSettings } from '../../src/routing/queues/domain/queue.events.js';

export const queueSettings: QueueSettings = {
  name: 'Sales',
  strategy: 'longest-idle-agent',
  answer: 'on-entry',
  music: null,
  priority: 5,
  maxWaitMs: 300_000,
  maxLength: 50,
  overflow: { kind: 'hang-up' },
  ringTimeoutMs: 20_000,
  noAnswerDelayMs: 30_000,
  rejectDelayMs: 10_000,
  maxNoAnswer: 3,
  wrapUpMs: 30_000,
  serviceLevelSeconds: 20,
  shortAbandonSeconds: 5,
};
