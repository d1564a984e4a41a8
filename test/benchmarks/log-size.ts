import { readModels } from '../../projections/read-models.js';
import { AgentBoardQueries } from '../../projections/agent-board/agent-board.queries.js';
import { CallHistoryQueries } from '../../projections/call-history/call-history.queries.js';
import { LiveCallsQueries } from '../../projections/live-calls/live-calls.queries.js';
import { PostgresParkedEvents } from '../../src/platform/postgres/parked-events.js';
import { SealedRows } from '../../src/platform/privacy/sealed-text.js';
import { rebuild } from '../../src/platform/subscriptions/projection-rebuild.js';
import { ProjectionStore } from '../../src/platform/subscriptions/projection-store.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { type Center, openCenter, reopen, TENANT } from './center.js';
import { growLog, type OpenLog, openLog } from './clone-log.js';
import { type Figure, median, rounded, say } from './figure.js';
import { type Place, processorMs, serverPid } from './place.js';
import { masterKeyIn } from './read-models.js';
import { benchStart } from './start.js';
import { countStatements } from './statements.js';
import { offerRate, type Step } from './whole-engine.js';

const AGENTS = 300;
const RATE = 25;
const WANTED = 1_000_000;
const TIMES = 200;
const MIB = 1024 * 1024;

/** Processor time of this process and of PostgreSQL that `task` takes, ms. */
const costOf = async (place: Place, task: () => Promise<unknown>): Promise<{ readonly engineMs: number; readonly postgresMs: number }> => {
  const [cpu, postgres] = [process.cpuUsage(), serverPid(place.folder)];
  const before = processorMs(postgres) ?? 0;
  await task();
  const { user, system } = process.cpuUsage(cpu);
  return { engineMs: (user + system) / 1_000, postgresMs: (processorMs(postgres) ?? 0) - before };
};

interface Query {
  readonly name: string;
  readonly medianMs: number;
  /** Processor time of both, ms. */
  readonly costMs: number;
}

const askQueries = async (center: Center): Promise<Query[]> => {
  const { database, core } = center.program.engine;
  const sealed = new SealedRows(core.keys);
  const [history, live, agents] = [new CallHistoryQueries(database, sealed), new LiveCallsQueries(database, sealed), new AgentBoardQueries(database, sealed)];
  const page = { limit: 50, cursor: undefined };
  const { items } = await history.list(TENANT, {}, page);
  const asked: readonly (readonly [name: string, ask: (i: number) => Promise<unknown>])[] = [
    ['the newest 50 calls of the history', () => history.list(TENANT, {}, page)],
    ['one call with its legs and segments', (i) => history.one(TENANT, items[i % items.length]?.callId ?? '')],
    ['live calls', () => live.list(TENANT, {}, page)],
    ['50 agents on the board', () => agents.list(TENANT, {}, page)],
  ];
  const found: Query[] = [];
  for (const [name, ask] of asked) {
    for (let i = 0; i < 20; i += 1) await ask(i);
    const times: number[] = [];
    const { engineMs, postgresMs } = await costOf(center.place, async () => {
      for (let i = 0; i < TIMES; i += 1) {
        const started = performance.now();
        await ask(i);
        times.push(performance.now() - started);
      }
    });
    found.push({ name, medianMs: median(times), costMs: (engineMs + postgresMs) / TIMES });
  }
  return found;
};

interface Measured {
  readonly events: number;
  readonly step: Step;
  readonly queries: readonly Query[];
}

const measure = async (center: Center): Promise<Measured> => {
  await offerRate(center, RATE, 3);
  const events = Number(await center.program.engine.core.log.store.head());
  return { events, step: await offerRate(center, RATE, 8), queries: await askQueries(center) };
};

const flatFigures = (small: Measured, large: Measured): Figure[] => {
  const conditions = `${large.events} events in the log against ${small.events}, the further ones the same calls of further tenants; ${large.step.calls} calls at ${RATE}/s of 1 s each; processes of others used ${rounded(small.step.foreignCores, 1)} and ${rounded(large.step.foreignCores, 1)} cores meanwhile`;
  const figure = (name: string, unit: string, now: number, before: number): Figure => ({ figure: `${name} with ${WANTED} events in the log`, value: rounded(now), unit, peer: `the same with ${small.events}`, peerValue: rounded(before), ratio: rounded(now / before), aim: 'flat: a ratio of 1', conditions });
  const perCall = (name: string, of: (step: Step) => number): Figure => figure(`a call: ${name}`, name === 'statements to PostgreSQL' ? 'statements' : 'ms', of(large.step) / large.step.calls, of(small.step) / small.step.calls);
  return [
    perCall('processor time of the engine', ({ engineMs }) => engineMs),
    perCall('processor time of PostgreSQL', ({ postgresMs }) => postgresMs),
    perCall('statements to PostgreSQL', ({ statements }) => [...statements.values()].reduce((sum, { count }) => sum + count, 0)),
    figure('offer latency, median,', 'ms', median(large.step.latencies.total), median(small.step.latencies.total)),
    ...large.queries.flatMap(({ name, medianMs, costMs }, i) => [
      figure(`query: ${name}, median,`, 'ms', medianMs, small.queries[i]?.medianMs ?? 0),
      figure(`query: ${name}, processor time,`, 'ms', costMs, small.queries[i]?.costMs ?? 0),
    ]),
  ];
};

const benchRebuild = async (place: Place, { log, database }: OpenLog, total: number): Promise<void> => {
  let mostRss = 0;
  const watch = setInterval(() => (mostRss = Math.max(mostRss, process.memoryUsage().rss)), 100);
  const started = performance.now();
  const { engineMs, postgresMs } = await costOf(place, () => rebuild({ log, store: new ProjectionStore(database), parked: new PostgresParkedEvents(database), clock: systemClock }, readModels));
  clearInterval(watch);
  const conditions = `${readModels.length} read models in one rebuild; per event ${rounded((engineMs * 1_000) / total)} us of processor time of the engine and ${rounded((postgresMs * 1_000) / total)} us of PostgreSQL`;
  say(
    { figure: `all read models rebuilt from ${WANTED} events`, value: Math.round((total * 1_000) / (performance.now() - started)), unit: 'events/s', aim: '30,000 events/s', conditions },
    { figure: `most memory of that process, RSS`, value: rounded(mostRss / MIB, 0), unit: 'MiB', conditions },
  );
};

/** What a call and a query cost with a short log and with a long one, and what a long one takes to rebuild from and to start with. */
export const benchLogSize = async (): Promise<void> => {
  countStatements();
  let center = await openCenter({ agents: AGENTS });
  try {
    const small = await measure(center);
    await center.stop();
    const open = openLog(center.place.pool, masterKeyIn(center.place));
    try {
      const total = await growLog(open, WANTED);
      await benchRebuild(center.place, open, total);
      await benchStart(center.place, center.fs, open.database, `${total} events in the log (${small.events} and ${small.step.calls} calls, the rest the same of further tenants), ${Math.ceil(total / small.events) * AGENTS} agents about`);
    } finally {
      await open.close();
    }
    center = await reopen(center);
    say(...flatFigures(small, await measure(center)));
  } finally {
    await center.close();
  }
};
