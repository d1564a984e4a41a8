import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { DistributionFigures } from './distribution.js';

/** One value, with the values of the measure's labels in their order. */
export type Sample = readonly [value: number, ...labels: string[]];

interface Named {
  /** In the conventions of Prometheus: `trunkline_...`, base units, `_total` for what only grows. */
  readonly name: string;
  readonly help: string;
}

/** A figure that is asked for when somebody looks, and costs nothing else. `samples` must not wait for anything. */
export interface Figure extends Named {
  readonly kind: 'gauge' | 'counter';
  readonly labels: readonly string[];
  readonly samples: () => Iterable<Sample>;
}

export interface DistributionMeasure extends Named {
  readonly kind: 'distribution';
  readonly figures: () => DistributionFigures;
}

export type Measure = Figure | DistributionMeasure;

export const gauge = (name: string, help: string, labels: readonly string[], samples: () => Iterable<Sample>): Measure => ({ kind: 'gauge', name, help, labels, samples });
export const counter = (name: string, help: string, labels: readonly string[], samples: () => Iterable<Sample>): Measure => ({ kind: 'counter', name, help, labels, samples });
export const distribution = (name: string, help: string, figures: () => DistributionFigures): Measure => ({ kind: 'distribution', name, help, figures });

/** Makes something once for all figures that ask in the same turn, as those of one scrape do. */
export const oncePerScrape = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    if (made === undefined) {
      made = { value: make() };
      void Promise.resolve().then(() => (made = undefined));
    }
    return made.value;
  };
};

/** A histogram whose counts are kept by the part that it is about. */
class KeptHistogram extends Histogram {
  constructor(
    private readonly measure: DistributionMeasure,
    registry: Registry,
  ) {
    super({ name: measure.name, help: measure.help, buckets: [...measure.figures().bounds], registers: [registry] });
  }

  /** What both the text and the JSON of a registry are made from. */
  getForPromString(): Promise<{ readonly name: string; readonly help: string; readonly type: string; readonly aggregator: string; readonly values: readonly object[] }> {
    const { name, help } = this.measure;
    const { bounds, counts, sum, count } = this.measure.figures();
    const sample = (suffix: string, labels: Readonly<Record<string, string | number>>, value: number): object => ({ metricName: `${name}_${suffix}`, labels, value });
    let below = 0;
    const buckets = bounds.map((le, index) => sample('bucket', { le }, (below += counts[index] ?? 0)));
    const values = [...buckets, sample('bucket', { le: '+Inf' }, count), sample('sum', {}, sum), sample('count', {}, count)];
    return Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values });
  }
}

/** Serves measures: each is asked at every scrape, and never in between. */
export const serveMeasures = (registry: Registry, measures: readonly Measure[]): void => {
  for (const measure of measures) {
    if (measure.kind === 'distribution') {
      new KeptHistogram(measure, registry);
      continue;
    }
    const { name, help, labels, samples } = measure;
    const configuration = { name, help, labelNames: [...labels], registers: [registry] };
    const labelsOf = (values: readonly string[]): Record<string, string> => Object.fromEntries(labels.map((label, index) => [label, values[index] ?? '']));
    if (measure.kind === 'gauge') {
      new Gauge({
        ...configuration,
        collect() {
          this.reset();
          for (const [value, ...values] of samples()) this.set(labelsOf(values), value);
        },
      });
    } else {
      new Counter({
        ...configuration,
        collect() {
          this.reset();
          for (const [value, ...values] of samples()) this.inc(labelsOf(values), value);
        },
      });
    }
  }
};
