/** Injection tokens of what has no port file of its own here. */
export const CLOCK = Symbol('Clock');
export const RANDOM = Symbol('Random');
export const LOGGER = Symbol('Logger');
export const METRICS = Symbol('Metrics');
export const HTTP_OPTIONS = Symbol('HttpOptions');

export interface HttpOptions {
  /** Requests that one key may make in a minute. */
  readonly requestsPerMinute: number;
  /** How long a query waits for its read model, ms. */
  readonly waitForReadModelMs: number;
}
