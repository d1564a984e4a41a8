import { type Clock, type Timer } from '../../kernel/clock.js';
import type { Alarms } from '../observability/alarms.port.js';
import type { Lease, Leases } from './leases.port.js';

export interface LeasedParts {
  readonly leases: Leases;
  readonly clock: Clock;
  readonly alarms: Alarms;
  /** Unique per start of the process, for an operator's eyes. */
  readonly holder: string;
  /** How often a lease that is not held is asked for, ms. Default 500. */
  readonly askEveryMs?: number | undefined;
}

/** What runs under a lease; `stop` waits for what is under way. */
export interface Stoppable {
  stop(): Promise<void>;
}

const ASK_EVERY_MS = 500;

/** Runs something in at most one process at a time: waits for its lease, begins, stops when it is lost, waits again. */
export class Leased<Work extends Stoppable = Stoppable> {
  private lease: Lease | undefined;
  private running: Work | undefined;
  private timer: Timer | undefined;
  private asking: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    readonly name: string,
    private readonly parts: LeasedParts,
    private readonly begin: (lease: Lease) => Promise<Work>,
  ) {}

  /** What runs here now, if it does. */
  get current(): Work | undefined {
    return this.running;
  }

  /** True while this process is the one. */
  get isHeld(): boolean {
    return this.running !== undefined && this.lease?.isHeld() === true;
  }

  /** Resolves after the first attempt. */
  start(): Promise<void> {
    this.ask();
    return this.asking;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.asking;
    await this.end();
    await this.lease?.release();
    this.lease = undefined;
  }

  private ask(): void {
    if (this.stopped) return;
    this.asking = this.tryOnce().then(() => {
      if (!this.stopped) this.timer = this.parts.clock.after(this.parts.askEveryMs ?? ASK_EVERY_MS, () => this.ask());
    });
  }

  private async tryOnce(): Promise<void> {
    const { leases, alarms, holder } = this.parts;
    if (this.isHeld) return;
    await this.end();
    // One that only seems to be over (the clock was set) renews itself: nobody, we included, would get it.
    await this.lease?.release();
    this.lease = undefined;
    try {
      const lease = await leases.acquire(this.name, holder);
      if (lease === undefined) return;
      this.lease = lease;
      lease.lost.addEventListener('abort', () => {
        alarms.raise({ code: 'lease-lost', message: `${this.name} goes on in another process` });
        if (this.lease === lease) void this.end();
      }, { once: true });
      this.running = await this.begin(lease);
    } catch (error) {
      alarms.raise({ code: 'leased-not-started', message: `${this.name} could not begin; it is tried again`, error });
      await this.lease?.release().catch(() => undefined);
      this.lease = undefined;
    }
  }

  private async end(): Promise<void> {
    const running = this.running;
    this.running = undefined;
    await running?.stop();
  }
}
