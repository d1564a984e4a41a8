import type { Engine } from '../engine/engine.js';
import { SYSTEM_TENANT } from '../kernel/tenants.js';
import { newApiKey } from '../platform/http/access/api-key.js';
import type { AgentDesk, DeskAgent } from '../simulator/index.js';
import { ApiClient } from './api-client.js';
import { AsOperator } from './as-operator.js';

/** The sample tenant: two queues, a number for each, a dozen agents. Ids differ from run to run, so that runs do not mix. */
export interface DemoCenter {
  readonly tenantId: string;
  readonly numbers: readonly string[];
  readonly agents: readonly DeskAgent[];
  readonly desk: AgentDesk;
  readonly queueNames: ReadonlyMap<string, string>;
  /** A key of the sample tenant, for whoever wants to look around while it runs. */
  readonly key: string;
}

const AGENTS = 12;
const least = (ms: number, speed: number, atLeast = 0): number => Math.max(atLeast, Math.round(ms / speed));

const settingsOf = (name: string, speed: number, answer: 'on-entry' | 'by-agent') => ({
  name, answer, maxWaitMs: least(900_000, speed), maxLength: 200, ringTimeoutMs: least(20_000, speed, 1_000), noAnswerDelayMs: least(10_000, speed), rejectDelayMs: least(5_000, speed), maxNoAnswer: null, wrapUpMs: least(30_000, speed),
});

/** Sets the sample tenant up through the API. `run` is four digits. */
export const openDemoCenter = async (engine: Engine, url: string, run: string, speed: number): Promise<DemoCenter> => {
  const { dispatcher, clock, random } = engine.core;
  const keyId = random.uuid();
  const { key, hash } = newApiKey(keyId);
  await new AsOperator(dispatcher, clock, random, SYSTEM_TENANT).do('apiKey', keyId, 'IssueApiKey', { keyId, tenantId: SYSTEM_TENANT, name: `demo ${run}`, scopes: ['operator'], hash, expiresAt: null });
  const tenantId = `demo-${run}`;
  await new ApiClient(url, key).post('/v1/tenants', { tenantId, settings: { name: `Demo ${run}`, country: 'US', timeZone: 'UTC' } });
  const api = new ApiClient(url, key, tenantId);
  const { key: tenantKey } = await api.post<{ key: string }>('/v1/api-keys', { name: 'demo', scopes: ['admin', 'calls:write', 'calls:read', 'agents:write', 'reports:read', 'audit:read'] });

  const queues: { queueId: string; name: string; number: string }[] = [];
  for (const [name, number, answer] of [['Sales', `${run}1`, 'on-entry'], ['Support', `${run}2`, 'by-agent']] as const) {
    const { queueId } = await api.post<{ queueId: string }>('/v1/queues', { settings: settingsOf(name, speed, answer) });
    await api.post('/v1/numbers', { number, destination: { kind: 'queue', queueId } });
    queues.push({ queueId, name, number });
  }
  const agents: DeskAgent[] = [];
  for (let index = 0; index < AGENTS; index += 1) {
    const extension = `${run}${String(index + 1).padStart(2, '0')}`;
    const { agentId } = await api.post<{ agentId: string }>('/v1/agents', { settings: { displayName: `Agent ${index + 1}`, deviceUser: extension } });
    // Half of the agents are for one queue first, half for the other.
    for (const [place, { queueId }] of queues.entries()) await api.put(`/v1/queues/${queueId}/members/${agentId}`, { level: index % 2 === place ? 1 : 2, position: index + 1 });
    agents.push({ agentId, extension });
  }
  const at = (agentId: string, deed: string, body: unknown = {}): Promise<void> => api.post(`/v1/agents/${agentId}/${deed}`, body).then(() => undefined);
  const desk: AgentDesk = {
    signIn: (agentId) => at(agentId, 'sign-in'),
    makeAvailable: (agentId) => at(agentId, 'available'),
    pause: (agentId, reason) => at(agentId, 'pause', { reason }),
    endWrapUp: (agentId) => at(agentId, 'end-wrap-up'),
    signOut: (agentId) => at(agentId, 'sign-out'),
  };
  return { tenantId, numbers: queues.map(({ number }) => number), agents, desk, queueNames: new Map(queues.map(({ queueId, name }) => [queueId, name])), key: tenantKey };
};
