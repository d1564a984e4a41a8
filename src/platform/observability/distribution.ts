/** How often what was seen fell below each bound: plain figures that a histogram is served from. */
export interface DistributionFigures {
  /** Upper bounds, growing; what lies above the last one counts in `count` alone. */
  readonly bounds: readonly number[];
  /** For each bound how many lay at or below it, and above the bound before. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** Counts values by size. Adding one costs a comparison for each bound below it, and allocates nothing. */
export class Distribution implements DistributionFigures {
  readonly counts: number[];
  sum = 0;
  count = 0;

  constructor(readonly bounds: readonly number[]) {
    this.counts = bounds.map(() => 0);
  }

  add(value: number): void {
    this.sum += value;
    this.count += 1;
    for (let index = 0; index < this.bounds.length; index += 1) {
      if (value > this.bounds[index]!) continue;
      this.counts[index]! += 1;
      return;
    }
  }
}
