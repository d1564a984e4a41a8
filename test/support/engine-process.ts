import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { readModels } from '../../projections/read-models.js';
import { AlarmCounter } from '../../src/platform/observability/alarms.port.js';
import type { NodeUrl } from '../../src/platform/settings/node-urls.js';
import { TestEngine, type TestEngineOptions } from './engine.js';

interface Order {
  readonly pool: pg.PoolConfig;
  readonly nodes: readonly NodeUrl[];
  readonly session: TestEngineOptions['session'];
}

type Said = { readonly say: 'ready' } | { readonly say: 'failed'; readonly why: string } | { readonly say: 'alarm'; readonly code: string; readonly message: string; readonly error: string };

/** An engine in a process of its own, which can be killed as the kernel kills. */
export class EngineProcess {
  /** Alarms that it raised, as one line each. */
  readonly alarms: string[] = [];

  private constructor(private readonly child: ChildProcess) {}

  /** Resolves once the engine has started. */
  static async start(order: Order): Promise<EngineProcess> {
    const hooks = fileURLToPath(new URL('./register-swc.mjs', import.meta.url));
    const child = spawn(process.execPath, ['--import', hooks, fileURLToPath(import.meta.url), JSON.stringify(order)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const engine = new EngineProcess(child);
    await new Promise<void>((resolve, reject) => {
      createInterface(child.stdout!).on('line', (line) => {
        const said = JSON.parse(line) as Said;
        if (said.say === 'ready') resolve();
        else if (said.say === 'failed') reject(new Error(said.why));
        else engine.alarms.push(`${said.code}: ${said.message}${said.error === '' ? '' : ` (${said.error})`}`);
      });
      child.once('exit', (code) => reject(new Error(`the engine's process ended with ${code} before it was ready`)));
    });
    return engine;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** At once, without a word to anybody. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended();
  }

  /** In order, and waits for its end. */
  async stop(): Promise<void> {
    this.child.stdin?.end();
    await this.ended();
  }

  private ended(): Promise<void> {
    const { child } = this;
    return new Promise((resolve) => (child.exitCode !== null || child.signalCode !== null ? resolve() : child.once('exit', () => resolve())));
  }
}

/** The other side: runs until its standard input ends. */
const main = async ({ pool, nodes, session }: Order): Promise<void> => {
  const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);
  const done = new Promise<void>((resolve) => process.stdin.resume().once('end', resolve));
  const alarms = new AlarmCounter({ raise: ({ code, message, error }) => say({ say: 'alarm', code, message, error: error instanceof Error ? (error.stack ?? error.message) : error === undefined ? '' : JSON.stringify(error) }) });
  try {
    const engine = await TestEngine.start(nodes, readModels, pool, { alarms, ...(session === undefined ? {} : { session }) });
    say({ say: 'ready' });
    await done;
    await engine.stop();
  } catch (error) {
    say({ say: 'failed', why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] !== undefined) await main(JSON.parse(process.argv[2]) as Order);
