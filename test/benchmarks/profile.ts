import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AGENTS, offerRate } from './whole-engine.js';
import { openCenter } from './center.js';
import { median, rounded, say } from './figure.js';
import { countStatements } from './statements.js';

/** What of a CPU profile is read here. */
interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }; readonly children?: readonly number[] }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOP = 45;

const placeOf = (url: string): string => (url.startsWith('file:') ? relative(ROOT, fileURLToPath(url)) : url);

/** The part of the program that a frame belongs to; undefined: it belongs to whoever called it. */
const partOf = (url: string): string | undefined => {
  const place = placeOf(url);
  if (place.startsWith('projections/') || place.includes('subscriptions/projection')) return 'read models';
  return /^src\/(platform\/[a-z-]+(?:\/postgres)?|[a-z-]+\/[a-z-]+(?:\/[a-z]+)?)/.exec(place)?.[1];
};

interface Spent {
  readonly byFunction: Map<string, number>;
  readonly byPart: Map<string, number>;
  totalMs: number;
}

const spentIn = ({ nodes, samples, timeDeltas }: Profile): Spent => {
  const parents = new Map<number, number>();
  for (const { id, children = [] } of nodes) for (const child of children) parents.set(child, id);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const self = new Map<number, number>();
  samples.forEach((id, i) => self.set(id, (self.get(id) ?? 0) + (timeDeltas[i] ?? 0) / 1_000));
  const spent: Spent = { byFunction: new Map(), byPart: new Map(), totalMs: 0 };
  const add = (to: Map<string, number>, name: string, ms: number): void => void to.set(name, (to.get(name) ?? 0) + ms);
  for (const [id, ms] of self) {
    const frame = byId.get(id)?.callFrame;
    if (frame === undefined || frame.functionName === '(idle)' || frame.functionName === '(root)') continue;
    spent.totalMs += ms;
    add(spent.byFunction, `${frame.functionName || '(anonymous)'} ${placeOf(frame.url)}:${frame.lineNumber + 1}`, ms);
    let part = placeOf(frame.url).startsWith('test/') || frame.functionName === 'dispatch' ? 'the benchmark itself' : undefined;
    for (let at: number | undefined = id; at !== undefined && part === undefined; at = parents.get(at)) part = partOf(byId.get(at)?.callFrame.url ?? '');
    add(spent.byPart, part ?? (frame.functionName === '(garbage collector)' ? 'garbage collector' : frame.functionName === '(program)' ? 'system calls and the runtime itself' : 'drivers, answers and timers'), ms);
  }
  return spent;
};

/**
 * Where the engine's processor time goes while calls come at a rate: by part of the program (a frame of
 * a library counts for the part that called it) and by function. The whole profile is kept for a viewer.
 */
export const benchProfile = async (): Promise<void> => {
  const [rate, seconds] = [Number(process.env['TRUNKLINE_BENCH_RATE'] ?? 50), 10];
  countStatements();
  const center = await openCenter({ agents: AGENTS });
  try {
    await offerRate(center, 30, 4);
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
    const step = await offerRate(center, rate, seconds);
    const { profile } = (await session.post('Profiler.stop')) as { readonly profile: Profile };
    session.disconnect();
    const file = join(tmpdir(), `trunkline-${rate}.cpuprofile`);
    writeFileSync(file, JSON.stringify(profile));
    const spent = spentIn(profile);
    const conditions = `at ${rate} calls/s for ${seconds} s, the profiler's own cost included; processes of others used ${rounded(step.foreignCores, 1)} cores meanwhile`;
    for (const [part, ms] of [...spent.byPart].sort(([, a], [, b]) => b - a)) {
      say({ figure: `processor time of a call: ${part}`, value: rounded((1_000 * ms) / step.calls, 0), unit: 'us', conditions });
    }
    const functions = [...spent.byFunction].sort(([, a], [, b]) => b - a).slice(0, TOP);
    for (const [name, ms] of functions) process.stderr.write(`${((1_000 * ms) / step.calls).toFixed(0).padStart(6)} us  ${name}\n`);
    const { latencies: l } = step;
    process.stderr.write(`of a call ${(step.engineMs / step.calls).toFixed(2)} ms engine, ${(step.postgresMs / step.calls).toFixed(2)} ms PostgreSQL, ${(step.switchMs / step.calls).toFixed(2)} ms switch; ${rounded(spent.totalMs / step.calls)} ms profiled; offers ${median(l.total).toFixed(1)} ms (${[l.toOffer, l.toReservation, l.toRequest, l.toSwitch].map((ms) => median(ms).toFixed(1)).join(' + ')})\n${file}\n`);
  } finally {
    await center.close();
  }
};
