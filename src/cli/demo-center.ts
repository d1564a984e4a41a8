import type { Engine } from '../engine/engine.js';
import { deterministicId } from '../platform/event-store/deterministic-ids.js';
import { sleep } from '../kernel/clock.js';
import type { AgentDesk, DeskAgent, DialledNumber } from '../simulator/index.js';
import type { QueueSettings } from '../routing/contract/routing-events.js';
import { shiftIdOf } from '../kernel/streams.js';
import { AsOperator } from './as-operator.js';

/** The sample tenant: two queues, a number for each, a dozen agents. Ids differ from run to run, so that runs do not mix. */
export interface DemoCenter {
  readonly tenantId: string;
  readonly numbers: readonly DialledNumber[];
  readonly agents: readonly DeskAgent[];
  readonly desk: AgentDesk;
  readonly queueNames: ReadonlyMap<string, string>;
}

const AGENTS = 12;

const queueSettings = (name: string, speed: number, over: Partial<QueueSettings>): QueueSettings => ({
  name, strategy: 'longest-idle-agent', answer: 'on-entry', music: null, priority: 5, maxWaitMs: Math.round(600_000 / speed), maxLength: 200, overflow: { kind: 'hang-up' },
  ringTimeoutMs: Math.max(1_000, Math.round(20_000 / speed)), noAnswerDelayMs: Math.round(10_000 / speed), rejectDelayMs: Math.round(5_000 / speed), maxNoAnswer: null, wrapUpMs: Math.round(30_000 / speed),
  serviceLevelSeconds: 20, shortAbandonSeconds: 5, ...over,
});

/** Sets the sample tenant up in the engine. `run` is four digits. */
export const openDemoCenter = async (engine: Engine, run: string, speed: number): Promise<DemoCenter> => {
  const { dispatcher, clock, random } = engine.core;
  const tenantId = `demo-${run}`;
  const operator = new AsOperator(dispatcher, clock, random, tenantId);
  await operator.do('tenant', tenantId, 'CreateTenant', { tenantId, settings: { name: `Demo ${run}`, country: 'US', timeZone: 'UTC' } });
  const queues = [
    { queueId: `sales-${run}`, number: `+1212${run}01`, settings: queueSettings('Sales', speed, {}) },
    { queueId: `support-${run}`, number: `+1212${run}02`, settings: queueSettings('Support', speed, { answer: 'by-agent', priority: 6 }) },
  ];
  for (const { queueId, number, settings } of queues) {
    await operator.do('queue', queueId, 'CreateQueue', { queueId, settings });
    const numberId = deterministicId('number', number.slice(1));
    await operator.do('number', numberId, 'AssignNumber', { numberId, number, destination: { kind: 'queue', queueId } });
  }
  const agents = Array.from({ length: AGENTS }, (_, index): DeskAgent => ({ agentId: `agent-${run}-${index + 1}`, extension: `${run}${String(index + 1).padStart(2, '0')}` }));
  for (const [index, { agentId, extension }] of agents.entries()) {
    await operator.do('agent', agentId, 'CreateAgent', { agentId, settings: { displayName: `Agent ${index + 1}`, deviceUser: extension, address: null } });
    for (const [place, { queueId }] of queues.entries()) {
      // Half of the agents are for one queue first, half for the other.
      await operator.do('queue', queueId, 'JoinQueue', { agentId, level: index % 2 === place ? 1 : 2, position: index + 1 });
    }
  }
  const shift = (agentId: string): string => shiftIdOf(agentId, 1);
  const desk: AgentDesk = {
    signIn: async (agentId) => {
      await operator.do('agent', agentId, 'StartShift', {});
      while (engine.telephony?.routing.shiftOf(agentId) === undefined) await sleep(clock, 5);
    },
    makeAvailable: async (agentId) => void (await operator.do('agentShift', shift(agentId), 'MakeAvailable', {})),
    pause: async (agentId, reason) => void (await operator.do('agentShift', shift(agentId), 'PauseAgent', { reason, force: false })),
    endWrapUp: async (agentId) => void (await operator.do('agentShift', shift(agentId), 'EndWrapUp', { segmentId: null, by: 'agent' })),
    signOut: async (agentId) => void (await operator.do('agentShift', shift(agentId), 'SignOutAgent', { force: false })),
  };
  // A little more than a dozen agents can take, so that some wait and some give up.
  const numbers = queues.map(({ number }) => ({ number, callsPerHour: 105 }));
  return { tenantId, numbers, agents, desk, queueNames: new Map(queues.map(({ queueId, settings }) => [queueId, settings.name])) };
};
