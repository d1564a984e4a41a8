import type { Random } from '../../kernel/clock.js';

/** Exponential with the given mean: waiting times of a Poisson process. */
export const exponential = (random: Random, mean: number): number => -Math.log(1 - random.next()) * mean;

/** Log-normal by its median and the deviation of its logarithm: how long people talk and wait. */
export const logNormal = (random: Random, median: number, sigma: number): number => {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * random.next()));
};

export const between = (random: Random, least: number, most: number): number => least + random.next() * (most - least);

export const chance = (random: Random, probability: number): boolean => random.next() < probability;

/** One of the keys, each with its weight. */
export const pick = <Key extends string>(random: Random, weights: Readonly<Record<Key, number>>): Key => {
  const entries = Object.entries(weights) as [Key, number][];
  let left = random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [key, weight] of entries) {
    left -= weight;
    if (left < 0) return key;
  }
  return entries.at(-1)![0];
};

/** How long something takes, in ms of the people's time. */
export type Span =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'exponential'; readonly meanMs: number }
  | { readonly kind: 'log-normal'; readonly medianMs: number; readonly sigma: number }
  | { readonly kind: 'uniform'; readonly leastMs: number; readonly mostMs: number };

export const drawSpan = (random: Random, span: Span): number => {
  switch (span.kind) {
    case 'fixed':
      return span.ms;
    case 'exponential':
      return exponential(random, span.meanMs);
    case 'log-normal':
      return logNormal(random, span.medianMs, span.sigma);
    case 'uniform':
      return between(random, span.leastMs, span.mostMs);
  }
};
