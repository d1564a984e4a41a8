import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endAll } from './place.js';

/**
 * `npm run bench [-- suite ...]`: prints one JSON line per figure. Each suite runs in a process of its own, one
 * after the other, so that none finds the heap or the compiled code of another.
 */
const SUITES: Readonly<Record<string, () => Promise<void>>> = {
  esl: async () => (await import('./esl-to-events.js')).benchEslToEvents(),
  appends: async () => (await import('./appends.js')).benchAppends(),
  engine: async () => (await import('./whole-engine.js')).benchWholeEngine(),
  'log-size': async () => (await import('./log-size.js')).benchLogSize(),
  flat: async () => (await import('./flat.js')).benchFlat(),
  api: async () => (await import('./command-api.js')).benchCommandApi(),
  profile: async () => (await import('./profile.js')).benchProfile(),
  'profile-api': async () => (await import('./profile.js')).benchApiProfile(),
};

/** Longest time that a suite may take, ms. */
const LIMIT_MS = 300_000;

const HERE = fileURLToPath(import.meta.url);

const inProcessOfItsOwn = (suite: string): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [...process.execArgv, '--expose-gc', HERE, 'run', suite], { stdio: 'inherit' });
    const limit = setTimeout(() => {
      process.stderr.write(`${suite} took longer than ${LIMIT_MS / 1_000} s and was ended\n`);
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 20_000).unref();
    }, LIMIT_MS);
    child.once('exit', (code) => {
      clearTimeout(limit);
      resolve(code === 0);
    });
  });

const [first, ...rest] = process.argv.slice(2);
if (first === 'run') {
  const suite = SUITES[rest[0] ?? ''];
  if (suite === undefined) throw new Error(`there is no suite ${rest[0] ?? ''}`);
  process.once('SIGTERM', () => void endAll().then(() => process.exit(1)));
  try {
    await suite();
  } catch (error) {
    await endAll();
    throw error;
  }
  // A socket or timer that something left behind must not keep the next suite waiting.
  process.exit(0);
}
// A profile is no figure to compare: it is made when asked for.
const wanted = first === undefined ? Object.keys(SUITES).filter((suite) => !suite.startsWith('profile')) : [first, ...rest];
const unknown = wanted.filter((suite) => SUITES[suite] === undefined);
if (unknown.length > 0) throw new Error(`there is no suite ${unknown.join(', ')}; there are ${Object.keys(SUITES).join(', ')}`);
let well = true;
for (const suite of wanted) well = (await inProcessOfItsOwn(suite)) && well;
process.exit(well ? 0 : 1);
