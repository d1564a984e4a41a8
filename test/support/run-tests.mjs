/**
 * `npm test`: the type check, the lint rules, the dependency rules and all specs, with one line at the
 * end that counts them. `npm test -- <jest arguments>` runs jest alone. Exit code 1 if anything failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const modules = join(root, 'node_modules');
const sources = ['src', 'projections'].filter((name) => existsSync(join(root, name)));

const checks = [
  ['types', join(modules, 'typescript', 'bin', 'tsc'), ['--noEmit', '-p', 'test/tsconfig.json']],
  ['lint rules', join(modules, 'eslint', 'bin', 'eslint.js'), [...sources, 'test']],
  ['dependency rules', join(modules, 'dependency-cruiser', 'bin', 'dependency-cruise.mjs'), ['--config', 'test/architecture/dependency-rules.cjs', ...sources]],
];

/** Runs a node program in the project's directory, its output passed on as it comes; true when it ended well. */
const run = (args) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    child.on('error', (error) => {
      console.error(String(error));
      resolve(false);
    });
    child.on('exit', (code) => resolve(code === 0));
  });

/** Jest's own counts; a spec file that could not run at all counts as one failed test. */
const countsOf = (file, endedWell) => {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(file, 'utf8'));
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed: numPassedTests, failed: failed === 0 && !endedWell ? 1 : failed, skipped: numPendingTests + numTodoTests };
};

const jest = async (args) => {
  const directory = mkdtempSync(join(tmpdir(), 'trunkline-run-'));
  const file = join(directory, 'results.json');
  try {
    const own = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(modules, 'jest', 'bin', 'jest.js')];
    const endedWell = await run([...own, '--maxWorkers=2', '--json', `--outputFile=${file}`, ...args]);
    return countsOf(file, endedWell);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

// The children get a Ctrl-C too, and end by themselves; this one stays to count.
process.on('SIGINT', () => {});

const args = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
if (args.length === 0) {
  for (const [name, program, programArgs] of checks) {
    const ok = await run([program, ...programArgs]);
    console.log(`${ok ? 'PASS' : 'FAIL'} ${name}`);
    total[ok ? 'passed' : 'failed'] += 1;
  }
}
const counts = await jest(args);
for (const key of Object.keys(total)) total[key] += counts[key];
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
