import { sleep } from '../../src/kernel/clock.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { requestAt } from './requests.js';

const EVERY_MS = 1_000;

/** What a process tells of itself at `/metrics`, looked at every second: the last value of each figure, and the highest since `from`. */
export class FiguresWatch {
  private last = new Map<string, number>();
  private readonly highest = new Map<string, number>();
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly headers: () => Readonly<Record<string, string>>,
  ) {
    void this.follow();
  }

  /** By its name with labels, as Prometheus writes it. */
  now(figure: string): number {
    return this.last.get(figure) ?? 0;
  }

  /** The highest that was seen since `forget`, or since the beginning. */
  most(figure: string): number {
    return this.highest.get(figure) ?? 0;
  }

  forget(): void {
    this.highest.clear();
  }

  stop(): void {
    this.stopped = true;
  }

  private async follow(): Promise<void> {
    while (!this.stopped) {
      await this.look().catch(() => undefined);
      await sleep(systemClock, EVERY_MS);
    }
  }

  private async look(): Promise<void> {
    const { status, body } = await requestAt(this.url)('GET', '/metrics', { headers: this.headers() });
    if (status !== 200) return;
    this.last = new Map((body as string).split('\n').flatMap((line): [string, number][] => {
      const [, figure, value] = /^(\w+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
      return figure === undefined ? [] : [[figure, Number(value)]];
    }));
    for (const [figure, value] of this.last) this.highest.set(figure, Math.max(value, this.highest.get(figure) ?? -Infinity));
  }
}
