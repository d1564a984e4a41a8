import { sleep } from '../../src/kernel/clock.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import type { ApiPool } from './api-pool.js';
import type { LogWatch } from './log-watch.js';
import { madeOtherwise } from './orders.js';

interface Made {
  readonly agentId: string;
  readonly position: string;
}

/**
 * Requests that come all the time: each makes an agent, is asked again with the same idempotency key as a
 * client does that doubts whether it was answered, and reads what it has made.
 */
export class RequestStream {
  /** What went wrong, one line each. */
  readonly wrong: string[] = [];
  private readonly made = new Map<string, Made>();
  private readonly under = new Set<Promise<void>>();
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly api: ApiPool,
    private readonly everyMs: number,
  ) {}

  get count(): number {
    return this.made.size;
  }

  start(): void {
    this.running = (async () => {
      for (let index = 1; !this.stopped; index += 1) {
        const asked = this.make(`x${index}`).catch((error: Error) => void this.wrong.push(error.message)).finally(() => this.under.delete(asked));
        this.under.add(asked);
        await sleep(systemClock, this.everyMs);
      }
    })();
  }

  /** Asks nothing more and waits for the answers. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    await Promise.all(this.under);
  }

  /** By the log: every request was done once, as its answer said. */
  async broken(watch: LogWatch): Promise<string[]> {
    return [...this.wrong, ...(await madeOtherwise(watch, new Map([...this.made].map(([user, { agentId }]) => [user, agentId])), 'x'))];
  }

  private async make(deviceUser: string): Promise<void> {
    const ask = { body: { settings: { displayName: `Extra ${deviceUser}`, deviceUser } }, idempotencyKey: systemRandom.uuid() };
    const first = await this.api.must<Made>('POST', '/v1/agents', ask);
    const again = await this.api.must<Made>('POST', '/v1/agents', ask);
    if (first.agentId !== again.agentId || first.position !== again.position) this.wrong.push(`the same request was answered with ${JSON.stringify(first)} and with ${JSON.stringify(again)}`);
    this.made.set(deviceUser, first);
    const read = await this.api.ask('GET', `/v1/agents/${first.agentId}?after=${first.position}`);
    if (read.status !== 200) this.wrong.push(`agent ${deviceUser} reads as ${read.status} ${JSON.stringify(read.body)}`);
  }
}
