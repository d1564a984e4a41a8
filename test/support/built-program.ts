import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';

const ROOT = process.cwd();
const MAIN = join(ROOT, 'dist', 'src', 'main.js');
const CLI = join(ROOT, 'dist', 'src', 'cli.js');

const newestSource = (): number =>
  ['src', 'projections'].reduce((newest, folder) => {
    const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    return files.reduce((time, name) => Math.max(time, statSync(join(ROOT, folder, name)).mtimeMs), newest);
  }, 0);

const isFresh = (): boolean => existsSync(MAIN) && existsSync(CLI) && statSync(MAIN).mtimeMs > newestSource();
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Builds `dist` unless it is newer than every source, as it is in `npm test`. Specs that run at the same time build once. */
export const ensureBuilt = async (): Promise<void> => {
  const lock = join(tmpdir(), `trunkline-build-${statSync(ROOT).ino}`);
  for (let waited = 0; !isFresh(); waited += 1) {
    try {
      mkdirSync(lock);
    } catch {
      if (waited > 600) throw new Error(`somebody builds for too long; remove ${lock} if nobody does`);
      await pause(200);
      continue;
    }
    try {
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js'), 'build'], { cwd: ROOT, encoding: 'utf8' });
      if (status !== 0) throw new Error(`the program cannot be built:\n${stdout}${stderr}`);
      return;
    } finally {
      rmdirSync(lock);
    }
  }
};

/** What the program sees of this process's environment: nothing that would configure it. */
const cleanEnvironment = (env: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: process.env['HOME'], ...env });

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const ended = (child: ChildProcess): { readonly texts: { out: string; err: string }; readonly end: Promise<Ended> } => {
  const texts = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  const end = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...texts }));
  });
  return { texts, end };
};

/** Runs `trunkline ...` of the built program to its end. */
export const trunkline = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> =>
  ended(spawn(process.execPath, ['--enable-source-maps', CLI, ...args], { cwd: ROOT, env: cleanEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] })).end;

export interface SpawnedProgram {
  readonly pid: number;
  /** Log lines so far. */
  log(): string;
  /** Asks it to stop and waits for its end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

export interface RunningProgram extends SpawnedProgram {
  /** Where its API listens; empty without the api role. */
  readonly url: string;
}

/** What `npm start` runs. */
const BUILT: readonly string[] = ['--enable-source-maps', '--max-semi-space-size=64', MAIN];

/** Starts the built program, or another one. `running` resolves when it runs, and rejects with what it said if it ended before. */
export const spawnProgram = (env: Readonly<Record<string, string>>, program = BUILT): SpawnedProgram & { readonly running: Promise<RunningProgram> } => {
  const child = spawn(process.execPath, program, { cwd: ROOT, env: cleanEnvironment({ TRUNKLINE_HTTP_PORT: '0', ...env }), stdio: ['ignore', 'pipe', 'pipe'] });
  const { texts, end } = ended(child);
  let over: Ended | undefined;
  void end.then((result) => (over = result));
  const spawned: SpawnedProgram = {
    pid: child.pid ?? 0,
    log: () => texts.out,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return end;
    },
  };
  const whenRunning = async (): Promise<RunningProgram> => {
    for (;;) {
      const line = texts.out.split('\n').find((each) => each.includes('"Trunkline runs"'));
      if (line !== undefined) return { ...spawned, url: (JSON.parse(line) as { url?: string }).url ?? '' };
      if (over !== undefined) throw new Error(`the program ended with ${over.code}: ${over.err}${over.out}`);
      await pause(20);
    }
  };
  return { ...spawned, running: whenRunning() };
};

/** Starts the built program as `npm start` does; resolves when it runs, rejects with what it said if it ended before. */
export const startProgram = (env: Readonly<Record<string, string>>): Promise<RunningProgram> => spawnProgram(env).running;

/** A pool's configuration as DATABASE_URL says it. */
export const databaseUrlOf = ({ host, port, user, database }: pg.PoolConfig): string =>
  `postgres:///${database ?? ''}?${new URLSearchParams({ host: host ?? '', port: String(port ?? 5432), user: typeof user === 'string' ? user : '' }).toString()}`;
