import { type Center, NUMBER, openCenter, settled } from './center.js';
import { rounded, say } from './figure.js';

const STEPS = [500, 1_000];
const PER_SECOND = 40;
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

const grow = async (center: Center, calls: number): Promise<number> => {
  const outcome = await center.fs.offer({ number: NUMBER, calls, callsPerSecond: PER_SECOND, talkMs: null, patienceMs: 60_000 });
  return outcome.bridged;
};

/** Memory of the engine's process with calls that are all in progress at the same time. */
export const benchMemory = async (): Promise<void> => {
  const center = await openCenter({ agents: Math.max(...STEPS) + 50 });
  try {
    const { engine } = center.program;
    let ended = 0;
    engine.core.log.onCommitted((events) => {
      for (const { type } of events) if (type === 'CallEnded') ended += 1;
    });
    // What the first calls bring into memory once and for all is not theirs.
    await grow(center, 50);
    await center.fs.hangUp();
    await settled(center, () => ended >= 50, 20_000);
    const idle = await memoryNow();
    let live = 0;
    let before = 0;
    for (const step of STEPS) {
      live += await grow(center, step - before);
      before = step;
      await engine.worker?.caughtUp();
      const { rss, heap } = await memoryNow();
      const conditions = `${live} calls bridged at the same time, ${STEPS.at(-1)! + 50} agents signed in; without calls RSS ${rounded(idle.rss / MIB, 0)} MiB, heap ${rounded(idle.heap / MIB, 1)} MiB; heap after a full collection`;
      say(
        { figure: `memory with ${step} concurrent calls, RSS`, value: rounded(rss / MIB, 0), unit: 'MiB', conditions },
        { figure: `memory with ${step} concurrent calls, heap`, value: rounded(heap / MIB, 1), unit: 'MiB', conditions },
        { figure: `memory of a call in progress, heap, at ${step}`, value: rounded((heap - idle.heap) / live / 1_024, 1), unit: 'KiB', conditions },
      );
    }
    await center.fs.hangUp();
    await settled(center, () => ended >= 50 + live, 30_000);
    const after = await memoryNow();
    say({ figure: 'memory after all of them have ended, heap', value: rounded(after.heap / MIB, 1), unit: 'MiB', peer: 'heap before them', peerValue: rounded(idle.heap / MIB, 1), ratio: rounded(after.heap / idle.heap), conditions: `${live} calls; the states of the last 20,000 streams stay in memory by design` });
  } finally {
    await center.close();
  }
};
