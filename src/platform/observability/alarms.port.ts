/** Something that an operator should look at. No personal data in any part of it. */
export interface Alarm {
  /** Stable, kebab-case; what metrics count by. */
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
  /** What was thrown, for the log only. */
  readonly error?: unknown;
}

/** Where the engine says that something is wrong and that it goes on nevertheless. Must not throw. */
export interface Alarms {
  raise(alarm: Alarm): void;
}

export const ALARMS = Symbol('Alarms');

/** Keeps the last alarms in memory and counts all of them by code. */
export class AlarmCounter implements Alarms {
  readonly counts = new Map<string, number>();
  readonly last: Alarm[] = [];

  constructor(
    private readonly next?: Alarms,
    private readonly keep = 100,
  ) {}

  raise(alarm: Alarm): void {
    this.counts.set(alarm.code, this.count(alarm.code) + 1);
    this.last.push(alarm);
    if (this.last.length > this.keep) this.last.shift();
    this.next?.raise(alarm);
  }

  count(code: string): number {
    return this.counts.get(code) ?? 0;
  }
}
