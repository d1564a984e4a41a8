import pg from 'pg';
import { sleep, type Clock, type Timer } from '../../../kernel/clock.js';

const RECONNECT_MS = 1_000;
const FAREWELL_MS = 1_000;

/**
 * Hears of appends of all processes through NOTIFY, on a connection of its own that it renews when
 * it breaks. It only saves waiting: who reads must also poll, for what is said meanwhile is lost.
 */
export class AppendListener {
  private client: pg.Client | undefined;
  private timer: Timer | undefined;
  private running = false;

  constructor(
    private readonly config: pg.ClientConfig,
    private readonly channel: string,
    private readonly clock: Clock,
    private readonly heard: (position: bigint) => void,
  ) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    this.connect();
  }

  async stop(): Promise<void> {
    this.running = false;
    this.timer?.cancel();
    // A server that does not answer any more must not keep us from stopping.
    await Promise.race([this.client?.end().catch(() => undefined), sleep(this.clock, FAREWELL_MS)]);
  }

  private connect(): void {
    const client = new pg.Client(this.config);
    this.client = client;
    const lost = (): void => {
      if (this.client !== client) return;
      this.client = undefined;
      client.end().catch(() => undefined);
      if (this.running) this.timer = this.clock.after(RECONNECT_MS, () => this.connect());
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', ({ payload }) => {
      if (payload !== undefined && /^\d{1,19}$/.test(payload)) this.heard(BigInt(payload));
    });
    client
      .connect()
      .then(() => client.query(`listen ${this.channel}`))
      .catch(lost);
  }
}
