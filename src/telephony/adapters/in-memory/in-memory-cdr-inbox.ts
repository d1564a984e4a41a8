import type { Clock } from '../../../kernel/clock.js';
import type { SwitchCdrInbox, WaitingCdr, WitnessedLeg } from '../../ports/switch-cdr-inbox.port.js';

interface Row {
  readonly witnessed: WitnessedLeg;
  attempts: number;
  dueAt: number;
}

const keyOf = ({ switchSessionId, channelId }: WitnessedLeg): string => `${switchSessionId} ${channelId}`;

/** CDRs in the memory of one process; `clock` stands for the database's. */
export class InMemoryCdrInbox implements SwitchCdrInbox {
  private readonly rows = new Map<string, Row>();

  constructor(private readonly clock: Clock) {}

  /** How many wait. */
  get size(): number {
    return this.rows.size;
  }

  /** Its place is there. */
  async migrate(): Promise<void> {}

  async put(witnessed: WitnessedLeg, dueInMs: number): Promise<void> {
    const key = keyOf(witnessed);
    if (!this.rows.has(key)) this.rows.set(key, { witnessed: JSON.parse(JSON.stringify(witnessed)) as WitnessedLeg, attempts: 0, dueAt: this.clock.now() + dueInMs });
  }

  async take(limit: number, keptMs: number): Promise<readonly WaitingCdr[]> {
    const now = this.clock.now();
    const due = [...this.rows.values()].filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.dueAt - b.dueAt).slice(0, limit);
    return due.map((row) => {
      row.attempts += 1;
      row.dueAt = now + keptMs;
      return { witnessed: row.witnessed, attempts: row.attempts };
    });
  }

  async postpone(witnessed: WitnessedLeg, byMs: number): Promise<void> {
    const row = this.rows.get(keyOf(witnessed));
    if (row !== undefined) row.dueAt = this.clock.now() + byMs;
  }

  async done(witnessed: WitnessedLeg): Promise<void> {
    this.rows.delete(keyOf(witnessed));
  }
}
