import { newApiKey } from '../../src/platform/http/access/api-key.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { type Center, openCenter, TENANT } from './center.js';
import { type Figure, quantile, rounded, say } from './figure.js';
import { type Load, sendLoad } from './http-load.js';
import { processorMs } from './place.js';

export const API_AGENTS = 400;
const SECONDS = 5;

/** A key of the tenant that may do all that is asked here. */
export const keyFor = async ({ program, send }: Center): Promise<string> => {
  const keyId = systemRandom.uuid();
  const { key, hash } = newApiKey(keyId);
  const { position } = await send('apiKey', keyId, 'IssueApiKey', { keyId, tenantId: TENANT, name: 'bench', scopes: ['admin', 'agents:write', 'calls:read', 'reports:read'], hash, expiresAt: null });
  await program.engine.progress.waitFor('directories', position, 5_000);
  return key;
};

const figures = (what: string, perSecond: number, latencies: readonly number[], conditions: string, aim?: string): Figure[] => [
  { figure: `${what} at ${perSecond}/s, p50`, value: rounded(quantile(latencies, 0.5)), unit: 'ms', conditions },
  { figure: `${what} at ${perSecond}/s, p99`, value: rounded(quantile(latencies, 0.99)), unit: 'ms', ...(aim === undefined ? {} : { aim }), conditions },
];

const agents = Array.from({ length: API_AGENTS }, (_, i) => `bench0-agent-${i + 1}`);

/** Commands that each append one event: every agent pauses, then becomes available, and so on. */
export const COMMANDS: Load['requests'] = ['pause', 'available'].flatMap((deed) => agents.map((id) => ['POST', `/v1/agents/${id}/${deed}`, deed === 'pause' ? '{"reason":"break"}' : '{}'] as const));

/** Latency of the API over HTTP: a command that appends one event, a query that reads one row, and `/live` beside them as the least that a request can cost. */
export const benchCommandApi = async (): Promise<void> => {
  const center = await openCenter({ agents: API_AGENTS });
  try {
    const { url } = center.program;
    if (url === undefined) throw new Error('the API is not up');
    const key = await keyFor(center);
    const kinds: readonly (readonly [what: string, requests: Load['requests'], aim?: string])[] = [
      ['GET /live', [['GET', '/live']]],
      ['query: one agent', agents.map((id) => ['GET', `/v1/agents/${id}`] as const)],
      ['command: an agent pauses or is available', COMMANDS, '10 ms at 500 commands/s'],
    ];
    for (const [what, requests, aim] of kinds) {
      await sendLoad({ url, key, requests, perSecond: 100, seconds: 2 });
      for (const perSecond of [100, 500]) {
        const [cpu, postgresBefore] = [process.cpuUsage(), processorMs(center.postgres) ?? 0];
        const { latencies, statuses, processorMs: clientMs } = await sendLoad({ url, key, requests, perSecond, seconds: SECONDS });
        const used = process.cpuUsage(cpu);
        const [engineMs, postgresMs] = [(used.user + used.system) / 1_000, (processorMs(center.postgres) ?? 0) - postgresBefore];
        const answers = Object.entries(statuses).map(([status, count]) => `${count} times ${status}`).join(', ');
        say(...figures(what, perSecond, latencies, `${SECONDS} s at a fixed rate from a client of its own process (${rounded(clientMs / SECONDS / 10, 0)} % of a core), from when each was due; answers: ${answers}; PostgreSQL with fsync on the same cores`, perSecond === 500 ? aim : undefined));
        if (perSecond !== 500) continue;
        const conditions = `at ${perSecond}/s; what follows in read models included`;
        say(
          { figure: `${what}: processor time of the engine`, value: rounded((1_000 * engineMs) / latencies.length, 0), unit: 'us', conditions },
          { figure: `${what}: processor time of PostgreSQL`, value: rounded((1_000 * postgresMs) / latencies.length, 0), unit: 'us', conditions },
        );
      }
    }
  } finally {
    await center.close();
  }
};
