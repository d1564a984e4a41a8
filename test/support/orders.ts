import { sleep } from '../../src/kernel/clock.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import type { ApiPool } from './api-pool.js';
import type { LogWatch } from './log-watch.js';
import { requestAt } from './requests.js';

interface Order {
  readonly body: unknown;
  readonly deviceUser: string;
  readonly key: string;
  readonly path: string;
}

export interface OrderAnswer {
  readonly status: number;
  readonly code: string | undefined;
  /** In how many seconds to come again. */
  readonly retryAfter: number;
  readonly ms: number;
}

/**
 * Orders (each makes an agent) that are sent past every balancer to a process that may be unable to carry them out: what it
 * answers, and what became of each once all is well again.
 */
export class Orders {
  readonly answers: OrderAnswer[] = [];
  private readonly sent: Order[] = [];
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly headers: () => Readonly<Record<string, string>>,
    private readonly name: string,
  ) {}

  get refused(): OrderAnswer[] {
    return this.answers.filter(({ status }) => status >= 300);
  }

  start(everyMs: number): void {
    this.running = (async () => {
      while (!this.stopped) {
        await this.send();
        await sleep(systemClock, everyMs);
      }
    })();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /** Sends each of them again, twice, with its idempotency key; one line for each that was not carried out exactly once. */
  async broken(api: ApiPool, watch: LogWatch): Promise<string[]> {
    const broken: string[] = [];
    const made = new Map<string, string>();
    for (const { key, body, path, deviceUser } of this.sent) {
      const ask = () => api.ask('POST', path, { body, idempotencyKey: key });
      const [first, again] = [await ask(), await ask()];
      if (first.status !== 201 || again.body.agentId !== first.body.agentId) broken.push(`agent ${deviceUser}: answered ${first.status} ${JSON.stringify(first.body)}, then ${again.status} ${JSON.stringify(again.body)}`);
      made.set(deviceUser, first.body.agentId as string);
    }
    return [...broken, ...(await madeOtherwise(watch, made, `${this.name}-`))];
  }

  private async send(): Promise<void> {
    const deviceUser = `${this.name}-${this.sent.length + 1}`;
    const order = { path: '/v1/agents', key: systemRandom.uuid(), body: { settings: { displayName: deviceUser, deviceUser } }, deviceUser };
    this.sent.push(order);
    const from = systemClock.now();
    const { status, body, headers } = await requestAt(this.url)('POST', order.path, { body: order.body, headers: { ...this.headers(), 'idempotency-key': order.key } });
    this.answers.push({ status, code: (body as { code?: string }).code, retryAfter: Number(headers.get('retry-after') ?? 0), ms: systemClock.now() - from });
  }
}

/** By the log: agents that were made with another id than was answered, more than once, not at all, or without anybody being answered so. `made`: ids by device user, all of which begin with `prefix`. */
export const madeOtherwise = async (watch: LogWatch, made: ReadonlyMap<string, string>, prefix: string): Promise<string[]> => {
  const inLog = new Map<string, string[]>();
  for (const { data, stream } of await watch.events('AgentCreated')) {
    const { agentId, settings } = data as { agentId: string; settings: { deviceUser: string } };
    if (settings.deviceUser.startsWith(prefix)) inLog.set(settings.deviceUser, [...(inLog.get(settings.deviceUser) ?? []), `${agentId} in ${stream}`]);
  }
  const differing = [...made].filter(([user, agentId]) => inLog.get(user)?.join() !== `${agentId} in agent-${agentId}`);
  return [
    ...differing.map(([user, agentId]) => `agent ${user} was answered with ${agentId}, the log has ${JSON.stringify(inLog.get(user) ?? [])}`),
    ...[...inLog.keys()].filter((user) => !made.has(user)).map((user) => `agent ${user} is in the log, and nobody was answered so`),
  ];
};
