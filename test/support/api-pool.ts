import type { Random } from '../../src/kernel/clock.js';
import { sleep } from '../../src/kernel/clock.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { type Answer, requestAt } from './requests.js';

interface Member {
  readonly url: string;
  ready: boolean;
}

interface Ask {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** A new one unless given. */
  readonly idempotencyKey?: string;
}

const LOOK_EVERY_MS = 100;
const PATIENCE_MS = 30_000;
/** Answers that say: not now, or not here. */
const PASSING = new Set([502, 503, 504]);

/**
 * What stands before several API processes: a load balancer that follows `/ready`, and a client that
 * sends a request which got no answer again, with its idempotency key, to whoever is there.
 */
export class ApiPool {
  /** Requests that were answered for good. */
  answered = 0;
  /** Attempts that broke off, or were told to come again. */
  readonly failed: string[] = [];
  private readonly members = new Map<string, Member>();
  private next = 0;

  /** `headers` are sent with every request. */
  constructor(
    private readonly random: Random,
    private readonly headers: () => Readonly<Record<string, string>>,
  ) {}

  add(url: string): void {
    const member = { url, ready: false };
    this.members.set(url, member);
    void this.follow(member);
  }

  remove(url: string): void {
    this.members.delete(url);
  }

  /** Where requests go now. */
  ready(): string[] {
    return [...this.members.values()].filter(({ ready }) => ready).map(({ url }) => url);
  }

  /** Sends the request until somebody answers it. `url` of whoever did is told too. */
  async ask(method: string, path: string, { body, headers = {}, idempotencyKey = this.random.uuid() }: Ask = {}): Promise<Answer & { readonly url: string }> {
    const until = systemClock.now() + PATIENCE_MS;
    for (;;) {
      const url = this.choose();
      if (url !== undefined) {
        try {
          const answer = await requestAt(url)(method, path, { ...(body === undefined ? {} : { body }), headers: { ...this.headers(), ...(method === 'GET' ? {} : { 'idempotency-key': idempotencyKey }), ...headers } });
          if (!PASSING.has(answer.status)) {
            this.answered += 1;
            return { ...answer, url };
          }
          this.failed.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
        } catch (error) {
          const member = this.members.get(url);
          if (member !== undefined) member.ready = false;
          this.failed.push(`${method} ${path}: ${reasonOf(error)}`);
        }
      }
      if (systemClock.now() > until) throw new Error(`nobody answered ${method} ${path} within ${PATIENCE_MS} ms: ${this.failed.at(-1)}`);
      await sleep(systemClock, 50);
    }
  }

  /** Like `ask`, for what must be done: throws where it is refused. */
  async must<T = Record<string, string>>(method: string, path: string, ask: Ask = {}): Promise<T> {
    const { status, body } = await this.ask(method, path, ask);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body as T;
  }

  close(): void {
    this.members.clear();
  }

  private choose(): string | undefined {
    const ready = this.ready();
    this.next += 1;
    return ready[this.next % Math.max(1, ready.length)];
  }

  private async follow(member: Member): Promise<void> {
    while (this.members.get(member.url) === member) {
      member.ready = await requestAt(member.url)('GET', '/ready', { headers: { connection: 'close' } }).then(({ status }) => status === 200, () => false);
      await sleep(systemClock, LOOK_EVERY_MS);
    }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? [error.message, ...(error.cause instanceof Error ? [error.cause.message] : [])].join(': ') : String(error));
