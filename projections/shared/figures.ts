/** A published figure: its value, what it was made of, and by which formula, so that two screens can never mean two things by one name. */
export interface Figure {
  /** Id of the formula, as documented; stable. */
  readonly formula: string;
  /** numerator / denominator; null where the denominator is 0. */
  readonly value: number | null;
  readonly unit: 'ratio' | 'ms';
  readonly numerator: number;
  readonly denominator: number;
  /** Thresholds that it was counted with, s; several where they were changed within the time. */
  readonly serviceLevelSeconds?: readonly number[];
  readonly shortAbandonSeconds?: readonly number[];
}

type Thresholds = Pick<Figure, 'serviceLevelSeconds' | 'shortAbandonSeconds'>;

/** A share, 0 to 1. */
export const ratio = (formula: string, numerator: number, denominator: number, thresholds: Thresholds = {}): Figure => ({
  formula, value: denominator === 0 ? null : numerator / denominator, unit: 'ratio', numerator, denominator, ...thresholds,
});

/** A mean of milliseconds. */
export const meanMs = (formula: string, totalMs: number, count: number): Figure => ({ formula, value: count === 0 ? null : totalMs / count, unit: 'ms', numerator: totalMs, denominator: count });
