/** One line of a run's output. A figure stands beside what it is compared with, measured in the same run unless `peer` says otherwise. */
export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** What else was measured, or a limit that is known. */
  readonly peer?: string;
  readonly peerValue?: number;
  /** value / peerValue, where both were measured in this run. */
  readonly ratio?: number;
  /** What the project wants to reach. */
  readonly aim?: string;
  /** What one has to know to repeat it. */
  readonly conditions: string;
}

/** Prints figures as JSON, one per line. */
export const say = (...figures: readonly Figure[]): void => {
  for (const figure of figures) process.stdout.write(`${JSON.stringify(figure)}\n`);
};

export const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** The value below which a share `q` of the values lies; 0 where there are none. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
};

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Median, p95 and p99 of latencies as three figures. */
export const latencyFigures = (figure: string, ms: readonly number[], rest: Omit<Figure, 'figure' | 'value' | 'unit'>): Figure[] => [
  { figure: `${figure}, median`, value: rounded(median(ms)), unit: 'ms', ...rest },
  { figure: `${figure}, p95`, value: rounded(quantile(ms, 0.95)), unit: 'ms', conditions: rest.conditions },
  { figure: `${figure}, p99`, value: rounded(quantile(ms, 0.99)), unit: 'ms', ...rest },
];
