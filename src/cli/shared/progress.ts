import { Presets, SingleBar } from 'cli-progress';

const LINE_EVERY_MS = 2_000;

/** A bar on the terminal; where there is none, a line now and then. Written to standard error, so that results can be piped. */
export class Progress {
  private readonly bar: SingleBar;
  private total = 0;

  constructor(what: string) {
    this.bar = new SingleBar(
      { format: `${what} {bar} {percentage}% | {events} events | {duration_formatted}`, hideCursor: true, noTTYOutput: true, notTTYSchedule: LINE_EVERY_MS, linewrap: false, stream: process.stderr },
      Presets.shades_classic,
    );
  }

  /** At a position of the log, whose end may move, with so many events done. */
  at(position: bigint, head: bigint, events: number): void {
    const total = Math.max(Number(head), 1);
    if (this.total === 0) this.bar.start(total, 0, { events });
    else if (total !== this.total) this.bar.setTotal(total);
    this.total = total;
    this.bar.update(Number(position), { events });
  }

  end(): void {
    if (this.total > 0) this.bar.stop();
  }

  /** Ends the bar whatever becomes of the work. */
  static async during<T>(what: string, work: (progress: Progress) => Promise<T>): Promise<T> {
    const progress = new Progress(what);
    try {
      return await work(progress);
    } finally {
      progress.end();
    }
  }
}
