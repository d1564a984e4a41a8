import { type Center, NUMBER, openCenter, settled } from './center.js';
import { type Figure, median, quantile, rounded, say } from './figure.js';
import { countStatements } from './statements.js';
import { offerRate, type Step } from './whole-engine.js';

/** Calls in progress at the same time while the cost of further ones is measured. */
const LEVELS = [100, 1_000, 5_000];
/** At which rate calls are brought to a level, and at which the further ones come, calls/s. */
const GROWTH = 80;
const RATE = 40;
const SECONDS = 8;
/** Agents for the further calls on top of those who are talking. */
const SPARE_AGENTS = 300;
const MIB = 1024 * 1024;

interface Memory {
  readonly rss: number;
  readonly heap: number;
}

const collect = (globalThis as { gc?: () => void }).gc;

/** After a collection, where the process lets itself be told (`--expose-gc`). */
const memoryNow = async (): Promise<Memory> => {
  await new Promise((resolve) => setTimeout(resolve, 500));
  collect?.();
  collect?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
};

/** Answers with how many of the calls are bridged; they stay until they are told to hang up. */
const grow = async (center: Center, calls: number): Promise<number> => {
  const outcome = await center.fs.offer({ number: NUMBER, calls, callsPerSecond: GROWTH, talkMs: null, patienceMs: 60_000 });
  await center.program.engine.worker?.caughtUp();
  return outcome.bridged;
};

const memoryFigures = (live: number, level: number, now: Memory, idle: Memory): Figure[] => {
  const conditions = `${live} calls bridged at the same time, ${LEVELS.at(-1)! + SPARE_AGENTS} agents signed in; without calls RSS ${rounded(idle.rss / MIB, 0)} MiB, heap ${rounded(idle.heap / MIB, 1)} MiB; heap after a full collection`;
  return [
    { figure: `memory with ${level} concurrent calls, RSS`, value: rounded(now.rss / MIB, 0), unit: 'MiB', conditions },
    { figure: `memory with ${level} concurrent calls, heap`, value: rounded(now.heap / MIB, 1), unit: 'MiB', conditions },
    { figure: `memory of a call in progress, heap, at ${level}`, value: rounded((now.heap - idle.heap) / live / 1_024, 1), unit: 'KiB', conditions },
  ];
};

/** What a further call costs at a level, beside what it costs at the first one. */
const costFigures = (level: number, step: Step, first: Step): Figure[] => {
  const conditions = `${level} calls in progress, ${step.calls} more at ${RATE}/s of 1 s each; processes of others used ${rounded(step.foreignCores, 1)} cores meanwhile${step.carried ? '' : `; not carried: ${step.why}`}`;
  const figure = (name: string, unit: string, of: (of: Step) => number): Figure => ({
    figure: `a further call beside ${level} in progress: ${name}`, value: rounded(of(step)), unit, conditions,
    ...(step === first ? {} : { peer: `the same beside ${LEVELS[0]}`, peerValue: rounded(of(first)), ratio: rounded(of(step) / of(first)), aim: 'flat: a ratio of 1' }),
  });
  return [
    figure('processor time of the engine', 'ms', ({ engineMs, calls }) => engineMs / calls),
    figure('processor time of PostgreSQL', 'ms', ({ postgresMs, calls }) => postgresMs / calls),
    figure('appends', 'appends', ({ appends, calls }) => appends / calls),
    figure('statements to PostgreSQL', 'statements', ({ statements, calls }) => [...statements.values()].reduce((sum, { count }) => sum + count, 0) / calls),
    figure('offer latency, median', 'ms', ({ latencies }) => median(latencies.total)),
    figure('offer latency, p99', 'ms', ({ latencies }) => quantile(latencies.total, 0.99)),
  ];
};

/** Cost and memory of calls beside 100, 1,000 and 5,000 that are in progress: what grows with them would end a large center. */
export const benchFlat = async (): Promise<void> => {
  countStatements();
  const center = await openCenter({ agents: Math.max(...LEVELS) + SPARE_AGENTS });
  try {
    const { engine } = center.program;
    let ended = 0;
    engine.core.log.onCommitted((events) => {
      for (const { type } of events) if (type === 'CallEnded') ended += 1;
    });
    // What the first calls bring into memory once and for all is not theirs.
    await offerRate(center, RATE, SECONDS);
    const idle = await memoryNow();
    let live = 0;
    let asked = 0;
    let first: Step | undefined;
    for (const level of LEVELS) {
      live += await grow(center, level - asked);
      asked = level;
      say(...memoryFigures(live, level, await memoryNow(), idle));
      const step = await offerRate(center, RATE, SECONDS);
      first ??= step;
      say(...costFigures(level, step, first));
    }
    const before = ended;
    await center.fs.hangUp();
    await settled(center, () => ended >= before + live, 60_000);
    const after = await memoryNow();
    say({ figure: 'memory after all of them have ended, heap', value: rounded(after.heap / MIB, 1), unit: 'MiB', peer: 'heap before them', peerValue: rounded(idle.heap / MIB, 1), ratio: rounded(after.heap / idle.heap), conditions: `${live} calls; the states of the last 20,000 streams stay in memory by design` });
  } finally {
    await center.close();
  }
};
