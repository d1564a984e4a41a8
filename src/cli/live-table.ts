import type { Engine } from '../engine/engine.js';
import type { Clock, Timer } from '../kernel/clock.js';
import { engagementOf } from '../routing/agents/domain/agent-shift.state.js';
import type { Simulation } from '../simulator/index.js';
import type { DemoCenter } from './demo-center.js';

const REDRAW_MS = 500;
const LINE_MS = 5_000;

interface QueueLine {
  readonly queue_id: string;
  readonly waiting: number;
  readonly talking: number;
  readonly longest_ms: number | null;
}

const QUEUES = `SELECT queue_id, count(*) FILTER (WHERE state = 'queued')::int AS waiting, count(*) FILTER (WHERE state IN ('connecting', 'talking', 'held'))::int AS talking,
    (extract(epoch FROM now() - min(waiting_since)) * 1000)::int AS longest_ms
  FROM live_calls WHERE tenant_id = $1 AND queue_id IS NOT NULL GROUP BY queue_id`;

/** Queues, agents and calls as they are, redrawn on a terminal; on anything else a line now and then. */
export class LiveTable {
  private timer: Timer | undefined;
  private drawn = 0;

  constructor(
    private readonly engine: Engine,
    private readonly center: DemoCenter,
    private readonly simulation: Simulation,
    private readonly clock: Clock,
    private readonly out: NodeJS.WriteStream,
  ) {}

  start(): void {
    this.timer = this.clock.after(this.out.isTTY ? REDRAW_MS : LINE_MS, () => void this.draw().finally(() => this.start()));
  }

  stop(): void {
    this.timer?.cancel();
    this.start = () => undefined;
  }

  private async draw(): Promise<void> {
    const { rows } = await this.engine.database.query<QueueLine>(QUEUES, [this.center.tenantId]);
    const agents = this.center.agents.map(({ agentId }) => this.agentState(agentId));
    const { placed } = this.simulation.callers;
    const live = this.simulation.node.channels.size;
    if (!this.out.isTTY) {
      const busy = agents.filter((state) => state === 'on call').length;
      const waiting = rows.reduce((sum, row) => sum + row.waiting, 0);
      this.out.write(`calls so far ${placed}, channels ${live}, waiting ${waiting}, agents on call ${busy} of ${agents.length}\n`);
      return;
    }
    const lines = [
      '',
      `${'Queue'.padEnd(12)}${'waiting'.padStart(9)}${'longest'.padStart(10)}${'talking'.padStart(9)}`,
      ...[...this.center.queueNames].map(([queueId, name]) => {
        const row = rows.find((each) => each.queue_id === queueId);
        const longest = row?.longest_ms == null ? '-' : `${(row.longest_ms / 1000).toFixed(1)} s`;
        return `${name.padEnd(12)}${String(row?.waiting ?? 0).padStart(9)}${longest.padStart(10)}${String(row?.talking ?? 0).padStart(9)}`;
      }),
      '',
      ...chunks(agents.map((state, index) => `${String(index + 1).padStart(2)} ${state.padEnd(11)}`), 6).map((row) => row.join(' ')),
      '',
      `calls so far ${placed}, channels on the switch ${live}`,
    ];
    if (this.drawn > 0) this.out.write(`\u001b[${this.drawn}A`);
    for (const line of lines) this.out.write(`\u001b[2K${line}\n`);
    this.drawn = lines.length;
  }

  private agentState(agentId: string): string {
    const shift = this.engine.telephony?.routing.shiftOf(agentId);
    if (shift === undefined) return 'signed out';
    const engagement = engagementOf(shift);
    if (engagement !== 'idle') return engagement.replace('-', ' ');
    return shift.presence === 'available' ? 'idle' : 'paused';
  }
}

const chunks = <T>(items: readonly T[], size: number): T[][] => Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
