/**
 * `npm test`: types, build, lint rules, dependency rules and all specs, with one line at the end that
 * counts them. `npm test -- <jest arguments>` runs jest alone. `npm run test:soak` runs what takes real
 * time and real kills, one spec after the other, on a fresh build; `npm run test:soak -- test/soak/gaps`
 * runs one. A spec of the soak that does not come to its end is ended, has failed, and the others still
 * run: SOAK_SPEC_MINUTES (15, or what a longer one has of its own) for each, SOAK_MINUTES (70) for all. Exit code 1 if anything failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { endFamily } from './process-family.mjs';

const root = join(import.meta.dirname, '..', '..');
const modules = join(root, 'node_modules');

/** Two lanes, because two cores are what a small machine has. */
const lanes = [
  [
    ['types', join(modules, 'typescript', 'bin', 'tsc'), ['--noEmit', '-p', 'test/tsconfig.json']],
    ['build', join(modules, '@nestjs', 'cli', 'bin', 'nest.js'), ['build']],
  ],
  [
    ['lint rules', join(modules, 'eslint', 'bin', 'eslint.js'), ['src', 'projections', 'test']],
    ['dependency rules', join(modules, 'dependency-cruiser', 'bin', 'dependency-cruise.mjs'), ['--config', 'test/architecture/dependency-rules.cjs', 'src', 'projections']],
  ],
];

/** Specs of test/soak: nothing else may run beside them, what a test waits for has limits of its own, and a connection to what was killed must not keep the run from ending. */
// The first takes all that follows it up to the next option.
const SOAK = ['--testPathIgnorePatterns=/node_modules/', '--maxWorkers=1', '--testTimeout=2700000', '--forceExit'];
const SPEC_MINUTES = Number(process.env['SOAK_SPEC_MINUTES'] ?? 15);
/** Minutes for those that have more to do than to wait. They run last, so that they take nobody's time. */
const LONGER = { 'thousand-days.spec.ts': 45 };
/** A build server ends what lasts too long, and nobody would see the counts. */
const SOAK_MINUTES = Number(process.env['SOAK_MINUTES'] ?? 70);

const SLOW_MS = 20_000;
const SHOWN = 10;

const secondsSince = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

/** Runs a node program in the project's directory; whether it ended well, and what it wrote unless that was passed on. After `minutes` it is ended with all that it has started. */
const run = (args, passOn, minutes) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: passOn ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let ended;
    const limit = minutes === undefined ? undefined : setTimeout(() => {
      ended = endFamily(child.pid);
    }, minutes * 60_000);
    const done = async (result) => {
      clearTimeout(limit);
      await ended;
      resolve({ ...result, late: ended !== undefined });
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => void done({ ok: false, output: String(error) }));
    child.on('close', (code) => void done({ ok: code === 0, output }));
  });

const runLane = async (lane) => {
  const results = [];
  for (const [name, program, args] of lane) {
    const start = performance.now();
    const { ok, output } = await run([program, ...args], false);
    if (!ok) console.log(output.trim());
    console.log(`${ok ? 'PASS' : 'FAIL'} ${name} (${secondsSince(start)})`);
    results.push(ok);
  }
  return results;
};

/** Jest's own counts; a spec file that could not run at all counts as one failed test. */
const countsOf = ({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites }, endedWell) => {
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed: numPassedTests, failed: failed === 0 && !endedWell ? 1 : failed, skipped: numPendingTests + numTodoTests };
};

const tellSlowest = ({ testResults }) => {
  const slow = testResults.map(({ name, startTime, endTime }) => ({ name, ms: endTime - startTime })).filter(({ ms }) => ms >= SLOW_MS);
  for (const { name, ms } of slow.sort((a, b) => b.ms - a.ms).slice(0, SHOWN)) console.log(`slow: ${(ms / 1000).toFixed(1).padStart(6)} s  ${relative(root, name)}`);
};

const NONE = { passed: 0, failed: 0, skipped: 0 };
const FAILED = { ...NONE, failed: 1 };
const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(modules, 'jest', 'bin', 'jest.js')];

const jest = async (args, minutes) => {
  const directory = mkdtempSync(join(tmpdir(), 'trunkline-run-'));
  const file = join(directory, 'results.json');
  const start = performance.now();
  try {
    const { ok, late } = await run([...JEST, '--maxWorkers=2', '--json', `--outputFile=${file}`, ...args], true, minutes);
    if (late) console.log(`FAIL it was ended, with all that it had started, after ${minutes.toFixed(1)} minutes`);
    if (late || !existsSync(file)) return FAILED;
    const results = JSON.parse(readFileSync(file, 'utf8'));
    tellSlowest(results);
    console.log(`specs took ${secondsSince(start)}`);
    return countsOf(results, ok);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const add = (total, counts) => {
  for (const key of Object.keys(total)) total[key] += counts[key];
};

const minutesFor = (spec) => Math.max(SPEC_MINUTES, LONGER[basename(spec)] ?? 0);

/** Each spec in a run of its own, so that one that hangs takes no other with it. */
const soak = async (args) => {
  const total = { ...NONE };
  const start = performance.now();
  const { ok, output } = await run([...JEST, ...SOAK, '--listTests', ...args], false);
  const specs = output.split('\n').filter((line) => line.endsWith('.spec.ts')).sort((a, b) => minutesFor(a) - minutesFor(b) || (a < b ? -1 : 1));
  if (!ok || specs.length === 0) {
    console.log(`FAIL no spec of the soak fits ${args.join(' ')}\n${output}`);
    return FAILED;
  }
  const told = [];
  for (const spec of specs) {
    const left = SOAK_MINUTES - (performance.now() - start) / 60_000;
    const from = performance.now();
    console.log(`\n${relative(root, spec)}`);
    if (left <= 0) console.log(`FAIL it was not begun: the soak may take ${SOAK_MINUTES} minutes in all`);
    const counts = left <= 0 ? FAILED : await jest([...SOAK, ...args, `--testMatch=${spec}`], Math.min(minutesFor(spec), left));
    told.push(`${counts.failed === 0 ? 'PASS' : 'FAIL'} ${relative(root, spec)} (${secondsSince(from)})`);
    add(total, counts);
  }
  console.log(`\n${told.join('\n')}`);
  return total;
};

// The children get a Ctrl-C too, and end by themselves; this one stays to count.
process.on('SIGINT', () => {});

const args = process.argv.slice(2);
const total = { ...NONE };
if (args.length === 0) {
  for (const ok of (await Promise.all(lanes.map(runLane))).flat()) total[ok ? 'passed' : 'failed'] += 1;
}
if (args[0] === 'soak') {
  total[(await runLane([lanes[0][1]]))[0] ? 'passed' : 'failed'] += 1;
  add(total, await soak(args.length > 1 ? args.slice(1) : ['test/soak/']));
} else add(total, await jest(args));
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
