import { msOf } from '../../kernel/clock.js';
import type { MeteredEventStore } from '../../platform/event-store/metered.event-store.js';
import { counter, distribution, gauge, type Measure, type Sample } from '../../platform/observability/measures.js';
import type { ConsumerStatus } from '../../platform/subscriptions/consumer.js';
import type { Core } from '../core.js';
import type { Runners } from './runners.js';

/** Appends to the event log: how long, how much, and what went wrong. */
export const appendMeasures = (store: MeteredEventStore): Measure[] => [
  distribution('trunkline_append_duration_seconds', 'Time from an append to the answer of the event store', () => store.appends.seconds),
  distribution('trunkline_append_events', 'Events of one append', () => store.appends.events),
  counter('trunkline_append_conflicts_total', 'Appends that found events of another writer and were decided again', [], () => [[store.appends.conflicts]]),
  counter('trunkline_append_unavailable_total', 'Appends that the event store did not answer in time', [], () => [[store.appends.unavailable]]),
  ...groupMeasures(store),
];

const groupMeasures = (store: MeteredEventStore): Measure[] => {
  const first = store.figures()?.groupSizes;
  return first === undefined ? [] : [distribution('trunkline_append_group_size', 'Appends that were written in one transaction', () => store.figures()?.groupSizes ?? first)];
};

/** How far those who follow the log are behind it. */
export const lagMeasures = ({ reader, store, clock }: Core, runners: () => readonly Runners[]): Measure[] => {
  const each = (figure: (status: ConsumerStatus) => number) => (): Sample[] => reader.status().map((status) => [figure(status), status.name]);
  const seconds = (): Sample[] => {
    // What a process has taken counts as handled by the reader, and is not done with yet.
    const unfinished = new Map(runners().flatMap(({ processes }) => processes.map(({ name, runner }) => [name, runner.unfinished.oldestAt] as const)));
    return reader.status().map(({ name, lagMs }) => {
      const oldest = unfinished.get(name);
      return [Math.max(lagMs, oldest === undefined ? 0 : clock.now() - msOf(oldest)) / 1000, name];
    });
  };
  return [
    gauge('trunkline_log_position', 'Position of the newest event that this process has seen', [], () => [[Number(reader.head())]]),
    gauge('trunkline_consumer_lag_seconds', 'Age of the oldest event that is not handled yet, by who follows the log', ['consumer'], seconds),
    gauge('trunkline_consumer_lag_events', 'Events between what is handled and the newest one; only where positions of the log have no holes', ['consumer'], () => (store.densePositions ? each(({ head, position }) => (head > position ? Number(head - position) : 0))() : [])),
    gauge('trunkline_consumer_failed', '1 where nothing is handled any more until a restart', ['consumer'], each(({ mode }) => (mode === 'failed' ? 1 : 0))),
    gauge('trunkline_consumer_catching_up', '1 while it reads the log by itself, because it is too far behind the others', ['consumer'], each(({ mode }) => (mode === 'catching-up' ? 1 : 0))),
    counter('trunkline_unknown_events_total', 'Events of types that this version does not know; they are left to newer ones', [], () => [[reader.unknownEvents]]),
  ];
};
