/** Two witnesses agree when their times differ by no more than this, ms: the switch's events move in steps of 20. */
export const TOLERANCE_MS = 40;
