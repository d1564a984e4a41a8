import type { BehaviourMix, DeskAgent, DialledNumber } from '../../simulator/index.js';

const seconds = (n: number): number => n * 1000;

const node = (name: string, port: number) => ({ name, host: 'simulated', port, password: 'ClueCon', deviceAddress: 'user/{user}', trunkAddress: 'sofia/gateway/carrier/{number}', music: 'local_stream://moh', recordingsFolder: '/tmp' });

/** As many of them as an installation has, each on a port of its own. */
export const NODES = [node('fs1', 8021), node('fs2', 8022)] as const;

const settings = {
  strategy: 'longest-idle-agent', music: null, priority: 5, maxWaitMs: seconds(180), maxLength: 12, ringTimeoutMs: seconds(15), noAnswerDelayMs: seconds(10), rejectDelayMs: seconds(5), maxNoAnswer: null, wrapUpMs: seconds(20),
  serviceLevelSeconds: 20, shortAbandonSeconds: 5,
} as const;

/** A small call center: two queues, the second of which takes what waits too long in the first. */
export const QUEUES = [
  { queueId: 'sales', number: '+15550101', settings: { ...settings, name: 'Sales', answer: 'on-entry', maxWaitMs: seconds(60), overflow: { kind: 'queue', queueId: 'support' } } },
  { queueId: 'support', number: '+15550102', settings: { ...settings, name: 'Support', answer: 'by-agent', priority: 4, overflow: { kind: 'hang-up' } } },
] as const;

export const AGENTS: readonly DeskAgent[] = Array.from({ length: 4 }, (_, index) => ({ agentId: `agent-${index + 1}`, extension: String(1001 + index) }));

/** Calls to each number by hour of the day. */
const BY_HOUR: readonly (readonly number[])[] = [
  [0.1, 0, 0, 0, 0, 0, 0.1, 0.2, 2, 20, 2, 0.5, 0.3, 0.3, 0.3, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
  [0.1, 0, 0, 0, 0, 0, 0.1, 0.2, 2, 18, 2, 0.5, 0.3, 0.3, 0.3, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
];

/** The numbers that are dialled; `share`: how many of the calls come. */
export const numbersAt = (share: number): readonly DialledNumber[] => QUEUES.map(({ number }, index) => ({ number, callsPerHour: BY_HOUR[index]!.map((calls) => calls * share) }));

/** When most calls come, hours of the day: what goes wrong in an empty house shows little. */
export const BUSY_HOURS = [8.9, 10.1] as const;

export const MIX: Partial<BehaviourMix> = {
  patience: { kind: 'exponential', meanMs: seconds(120) },
  talk: { kind: 'log-normal', medianMs: seconds(120), sigma: 0.7 },
  callerHolds: 0.06,
  agentHolds: 0.12,
  agentTransfers: 0.06,
  phone: { answers: 84, busy: 5, 'no-answer': 6, refuses: 3, unreachable: 2 },
};
