import { type Clock, msOf } from '../../kernel/clock.js';
import { counter, gauge, type Measure, type Sample } from '../../platform/observability/measures.js';
import type { LeaseBook } from '../../platform/subscriptions/lease-book.js';
import type { ProjectionStatus } from '../../platform/subscriptions/projection-runner.js';
import type { Runners } from './runners.js';

/** Leases that this process holds or waits for. */
export const leaseMeasures = (book: LeaseBook, clock: Clock): Measure[] => [
  gauge('trunkline_lease_held', '1 where this process has the lease, 0 where it waits for it', ['lease'], () => book.figures().map(({ name, held }) => [held ? 1 : 0, name])),
  gauge('trunkline_lease_held_seconds', 'For how long this process has the lease', ['lease'], () => book.figures().flatMap(({ name, held, since }): Sample[] => (held && since !== undefined ? [[(clock.now() - since) / 1000, name]] : []))),
  gauge('trunkline_lease_epoch', 'Epoch at which this process got the lease; it grows with every change of holder', ['lease'], () => book.figures().flatMap(({ name, held, epoch }): Sample[] => (held ? [[Number(epoch), name]] : []))),
  counter('trunkline_leases_lost_total', 'Leases that passed on to another process, or ran out', ['lease'], () => book.figures().map(({ name, lost }) => [lost, name])),
];

/** Timers, deeds outside, and what was set aside. */
export const workMeasures = (clock: Clock, runners: () => readonly Runners[], projections: () => readonly ProjectionStatus[]): Measure[] => {
  const age = (iso: string | undefined): number => (iso === undefined ? 0 : Math.max(0, clock.now() - msOf(iso)) / 1000);
  const timers = (): Runners['timers'] => runners().flatMap((role) => role.timers);
  const effects = () => runners().map((role) => role.effects.figures);
  return [
    gauge('trunkline_timers_waiting', 'Timers that are set', ['runner'], () => timers().map(({ name, runner }) => [runner.waiting, name])),
    gauge('trunkline_timer_overdue_seconds', 'For how long the oldest timer should have fired', ['runner'], () => timers().map(({ name, runner }) => [age(runner.earliestDue), name])),
    gauge('trunkline_effects_open', 'Deeds outside that were asked for and have no result, whichever process does them', ['kind'], () => effects().map(({ name, open }) => [open, name])),
    gauge('trunkline_effect_oldest_seconds', 'Age of the oldest of them', ['kind'], () => effects().map(({ name, oldestAt }) => [age(oldestAt), name])),
    counter('trunkline_effects_settled_total', 'Deeds outside that this process has recorded the result of', ['kind', 'outcome'], () => effects().flatMap(({ name, outcomes }) => Object.entries(outcomes).map(([outcome, count]): Sample => [count, name, outcome]))),
    counter('trunkline_effect_retries_total', 'How often a deed was put off, to be asked about or tried again', ['kind'], () => effects().map(({ name, retries }) => [retries, name])),
    gauge('trunkline_parked_events', 'Events that a read model has set aside for an operator', ['runner'], () => projections().map(({ name, version, parked }) => [parked, `${name} v${version}`])),
    gauge('trunkline_process_instances_stopped', 'Instances of processes that wait for an operator', ['group'], () => runners().flatMap((role) => role.processes.map(({ name, runner }): Sample => [runner.stoppedInstances, name]))),
  ];
};
