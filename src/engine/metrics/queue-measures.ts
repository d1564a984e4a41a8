import { type Clock, msOf } from '../../kernel/clock.js';
import type { EventStore } from '../../platform/event-store/event-store.port.js';
import { gauge, type Measure, oncePerScrape, type Sample } from '../../platform/observability/measures.js';
import type { Database } from '../../platform/postgres/database.js';
import type { PoolFigures } from '../../platform/postgres/pool-figures.js';
import type { Reader } from '../../platform/subscriptions/reader.js';
import type { TelephonyRole } from '../telephony-role.js';
import type { Runners } from './runners.js';

/** Something inside in which work waits. */
interface InternalQueue {
  readonly name: string;
  readonly depth: number;
  readonly limit?: number;
  /** When the oldest that waits came, ms; undefined where nothing waits; left out where that is not known. */
  readonly oldestAt?: number | undefined;
}

export interface QueueParts {
  readonly clock: Clock;
  readonly reader: Reader;
  readonly store: EventStore;
  readonly database: Database;
  readonly telephony: Pick<TelephonyRole, 'lanes' | 'sessions' | 'gateway'> | undefined;
  readonly runners: () => readonly Runners[];
}

const maybeMs = (iso: string | undefined): number | undefined => (iso === undefined ? undefined : msOf(iso));

const queuesOf = ({ clock, reader, store, telephony, runners }: QueueParts): InternalQueue[] => {
  const queues: InternalQueue[] = reader.status().map(({ name, queued, maxQueued, lagMs }) => ({ name: `reader/${name}`, depth: queued, limit: maxQueued, oldestAt: queued === 0 ? undefined : clock.now() - lagMs }));
  queues.push({ name: 'reader-ahead', ...reader.committedAhead });
  const figures = store.figures?.();
  if (figures !== undefined) queues.push({ name: 'appends', depth: figures.waitingAppends, oldestAt: figures.oldestAppendAt });
  for (const { processes, timers, effects } of runners()) {
    for (const { name, runner } of processes) queues.push({ name, depth: runner.unfinished.depth, limit: runner.unfinished.limit, oldestAt: maybeMs(runner.unfinished.oldestAt) });
    for (const { name, runner } of timers) queues.push({ name: `${name}/unsaved`, depth: runner.unsaved });
    queues.push({ name: `effects/${effects.figures.name}`, depth: effects.figures.open, oldestAt: maybeMs(effects.figures.oldestAt) });
  }
  if (telephony === undefined) return queues;
  const { lanes, sessions, gateway } = telephony;
  queues.push({ name: 'facts', depth: lanes.pending, limit: lanes.limit, oldestAt: lanes.oldestAt }, { name: 'deeds', depth: gateway.pendingDeeds });
  for (const { nodeId, status } of sessions.status()) {
    queues.push({ name: `node-bytes/${nodeId}`, depth: status.waitingBytes, limit: status.maxWaitingBytes, oldestAt: status.waitingSince });
    queues.push({ name: `node-commands/${nodeId}`, depth: status.waitingCommands });
  }
  return queues;
};

/** All that waits inside this process, and the connections to PostgreSQL for which others wait. */
export const queueMeasures = (parts: QueueParts): Measure[] => {
  const queues = oncePerScrape(() => queuesOf(parts));
  const each = (figure: (queue: InternalQueue) => number | undefined) => (): Sample[] =>
    queues().flatMap((queue): Sample[] => {
      const value = figure(queue);
      return value === undefined ? [] : [[value, queue.name]];
    });
  const pools = (): [string, PoolFigures][] => [['read-models', parts.database.figures], ...Object.entries(parts.store.figures?.()?.pools ?? {}).map(([name, figures]): [string, PoolFigures] => [`event-store-${name}`, figures])];
  return [
    gauge('trunkline_internal_queue_depth', 'What waits in a queue inside this process: events, facts, appends, deeds or commands, and bytes in those named so', ['queue'], each(({ depth }) => depth)),
    gauge('trunkline_internal_queue_limit', 'How much may wait there', ['queue'], each(({ limit }) => limit)),
    gauge('trunkline_internal_queue_oldest_seconds', 'Age of the oldest that waits there', ['queue'], each((queue) => ('oldestAt' in queue ? (queue.oldestAt === undefined ? 0 : Math.max(0, parts.clock.now() - queue.oldestAt) / 1000) : undefined))),
    gauge('trunkline_pool_connections', 'Connections to PostgreSQL', ['pool', 'state'], () => pools().flatMap(([pool, { open, idle }]): Sample[] => [[open - idle, pool, 'in-use'], [idle, pool, 'idle']])),
    gauge('trunkline_pool_limit', 'Most connections to PostgreSQL', ['pool'], () => pools().map(([pool, { limit }]) => [limit, pool])),
    gauge('trunkline_pool_waiting', 'Who waits for a connection to PostgreSQL', ['pool'], () => pools().map(([pool, { waiting }]) => [waiting, pool])),
  ];
};
