import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AGENTS, offerRate } from './whole-engine.js';
import { openCenter } from './center.js';
import { API_AGENTS, COMMANDS, keyFor } from './command-api.js';
import { median, rounded, say } from './figure.js';
import { sendLoad } from './http-load.js';
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

/** Profiles what happens meanwhile, and keeps the whole profile in a file for a viewer. */
const profiled = async <T>(name: string, work: () => Promise<T>): Promise<{ readonly result: T; readonly spent: Spent; readonly file: string }> => {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  const result = await work();
  const { profile } = (await session.post('Profiler.stop')) as { readonly profile: Profile };
  session.disconnect();
  const file = join(tmpdir(), `trunkline-${name}.cpuprofile`);
  writeFileSync(file, JSON.stringify(profile));
  return { result, spent: spentIn(profile), file };
};

/** Parts as figures; functions and whatever is not for comparing to the error output. */
const tell = (of: string, count: number, spent: Spent, conditions: string, remark: string): void => {
  const share = (ms: number): number => rounded((1_000 * ms) / count, 0);
  for (const [part, ms] of [...spent.byPart].sort(([, a], [, b]) => b - a)) say({ figure: `processor time of ${of}: ${part}`, value: share(ms), unit: 'us', conditions });
  const functions = [...spent.byFunction].sort(([, a], [, b]) => b - a).slice(0, TOP);
  for (const [name, ms] of functions) process.stderr.write(`${String(share(ms)).padStart(6)} us  ${name}\n`);
  process.stderr.write(`${remark}\n`);
};

/**
 * Where the engine's processor time goes while calls come at a rate (TRUNKLINE_BENCH_RATE, 50/s unless set),
 * by part of the program (a frame of a library counts for the part that called it) and by function. Samples
 * are taken of the clock: on a machine that does other things too they are a share, not a time.
 */
export const benchProfile = async (): Promise<void> => {
  const [rate, seconds] = [Number(process.env['TRUNKLINE_BENCH_RATE'] ?? 50), 10];
  countStatements();
  const center = await openCenter({ agents: AGENTS });
  try {
    await offerRate(center, 30, 4);
    const { result: step, spent, file } = await profiled(`calls-${rate}`, () => offerRate(center, rate, seconds));
    const { latencies: l } = step;
    const per = (ms: number): string => (ms / step.calls).toFixed(2);
    const steps = [l.toOffer, l.toReservation, l.toRequest, l.toSwitch].map((ms) => median(ms).toFixed(1)).join(' + ');
    tell('a call', step.calls, spent, `at ${rate} calls/s for ${seconds} s, the profiler's own cost included; processes of others used ${rounded(step.foreignCores, 1)} cores meanwhile`,
      `of a call ${per(step.engineMs)} ms engine, ${per(step.postgresMs)} ms PostgreSQL, ${per(step.switchMs)} ms switch; ${per(spent.totalMs)} ms profiled; offers ${median(l.total).toFixed(1)} ms (${steps})\n${file}`);
  } finally {
    await center.close();
  }
};

/** The same for commands that come over HTTP. */
export const benchApiProfile = async (): Promise<void> => {
  const [perSecond, seconds] = [Number(process.env['TRUNKLINE_BENCH_RATE'] ?? 300), 10];
  const center = await openCenter({ agents: API_AGENTS });
  try {
    const { url } = center.program;
    if (url === undefined) throw new Error('the API is not up');
    const load = { url, key: await keyFor(center), requests: COMMANDS, perSecond };
    await sendLoad({ ...load, seconds: 4 });
    const { result, spent, file } = await profiled('api', () => sendLoad({ ...load, seconds }));
    tell('a command over HTTP', result.latencies.length, spent, `at ${perSecond}/s for ${seconds} s, the profiler's own cost included`, `median ${median(result.latencies).toFixed(1)} ms\n${file}`);
  } finally {
    await center.close();
  }
};
