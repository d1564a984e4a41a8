/**
 * `npm test`: types, build, lint rules, dependency rules and all specs, with one line at the end that
 * counts them. `npm test -- <jest arguments>` runs jest alone. `npm run test:soak` runs what takes real
 * time and real kills, one spec after the other, on a fresh build; `npm run test:soak -- test/soak/gaps`
 * runs one. Exit code 1 if anything failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

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

/** Specs of test/soak: nothing else may run beside them, one of their tests may take minutes, and a connection to what was killed must not keep the run from ending. */
// The first takes all that follows it up to the next option.
const SOAK = ['--testPathIgnorePatterns=/node_modules/', '--maxWorkers=1', '--testTimeout=1800000', '--forceExit'];

const SLOW_MS = 20_000;
const SHOWN = 10;

const secondsSince = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

/** Runs a node program in the project's directory; whether it ended well, and what it wrote unless that was passed on. */
const run = (args, passOn) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: passOn ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ ok: false, output: String(error) }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
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

const jest = async (args) => {
  const directory = mkdtempSync(join(tmpdir(), 'trunkline-run-'));
  const file = join(directory, 'results.json');
  const start = performance.now();
  try {
    const own = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(modules, 'jest', 'bin', 'jest.js')];
    const { ok } = await run([...own, '--maxWorkers=2', '--json', `--outputFile=${file}`, ...args], true);
    if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
    const results = JSON.parse(readFileSync(file, 'utf8'));
    tellSlowest(results);
    console.log(`specs took ${secondsSince(start)}`);
    return countsOf(results, ok);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

// The children get a Ctrl-C too, and end by themselves; this one stays to count.
process.on('SIGINT', () => {});

const args = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
if (args.length === 0) {
  for (const ok of (await Promise.all(lanes.map(runLane))).flat()) total[ok ? 'passed' : 'failed'] += 1;
}
const soak = args[0] === 'soak';
if (soak) total[(await runLane([lanes[0][1]]))[0] ? 'passed' : 'failed'] += 1;
const counts = await jest(soak ? [...SOAK, ...(args.length > 1 ? args.slice(1) : ['test/soak/'])] : args);
for (const key of Object.keys(total)) total[key] += counts[key];
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
