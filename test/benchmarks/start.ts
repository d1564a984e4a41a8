import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Database } from '../../src/platform/postgres/database.js';
import { type Figure, rounded, say } from './figure.js';
import { type Place, processorMs, serverPid, whenEnded } from './place.js';
import type { SwitchProcess } from './switch-process.js';

const PROGRAM = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const PATIENCE_MS = 120_000;

/** What a start took: to the first 200 of /ready, and processor time until then, ms. */
interface Start {
  readonly readyMs: number;
  readonly engineMs: number;
  readonly postgresMs: number;
}

/** Starts the built program as `npm start` does, and ends it with the signal as soon as it is ready. */
const startOnce = (place: Place, fs: SwitchProcess, end: 'SIGTERM' | 'SIGKILL'): Promise<Start> =>
  new Promise((resolve, reject) => {
    const [started, postgres] = [performance.now(), serverPid(place.folder)];
    const postgresBefore = processorMs(postgres) ?? 0;
    const child = spawn(process.execPath, [PROGRAM], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        TRUNKLINE_DATA_DIR: place.folder,
        TRUNKLINE_HTTP_PORT: '0',
        FREESWITCH_NODES: `esl://:ClueCon@127.0.0.1:${fs.port}/bench-switch?device=user/{user}&trunk=sofia/gateway/carrier/{number}`,
      },
    });
    const forget = whenEnded(() => void child.kill('SIGKILL'));
    let start: Start | undefined;
    let asked = false;
    const limit = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const ask = async (url: string): Promise<void> => {
      asked = true;
      for (;;) {
        const ready = await fetch(`${url}/ready`).catch(() => undefined);
        if (ready?.status === 200) break;
        await new Promise((done) => setTimeout(done, 5));
      }
      start = { readyMs: performance.now() - started, engineMs: processorMs(child.pid ?? 0) ?? 0, postgresMs: (processorMs(postgres) ?? 0) - postgresBefore };
      child.kill(end);
    };
    const lines: string[] = [];
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      const { url } = /^\{/.test(line) ? (JSON.parse(line) as { url?: string }) : {};
      if (url !== undefined && !asked) void ask(url).catch(reject);
    });
    child.once('exit', () => {
      clearTimeout(limit);
      forget();
      if (start === undefined) reject(new Error(`the program did not come to serve: ${lines.slice(-5).join(' | ')}`));
      else resolve(start);
    });
  });

/** How long the built program takes to serve with a long log behind it, whose read models are up to date. `log` tells what is in it. */
export const benchStart = async (place: Place, fs: SwitchProcess, database: Database, log: string): Promise<void> => {
  const { rowCount } = await database.query('DELETE FROM trunkline_snapshots');
  const cold = await startOnce(place, fs, 'SIGTERM');
  const orderly = await startOnce(place, fs, 'SIGKILL');
  const killed = await startOnce(place, fs, 'SIGTERM');
  const figure = (how: string, { readyMs, engineMs, postgresMs }: Start, more: Partial<Figure> = {}): Figure => ({
    figure: `start to serving, ${how}`, value: rounded(readyMs, 0), unit: 'ms', aim: 'under 10 s with 1,000,000 events', ...more,
    conditions: `${log}; from the start of the process to the first 200 of /ready, PostgreSQL running; processor time of the engine ${rounded(engineMs, 0)} ms, of PostgreSQL ${rounded(postgresMs, 0)} ms`,
  });
  const peer = (start: Start): Partial<Figure> => ({ peer: 'the same with the state of calls and agents folded from the whole log', peerValue: rounded(cold.readyMs, 0), ratio: rounded(start.readyMs / cold.readyMs) });
  say(
    figure('after an orderly stop', orderly, peer(orderly)),
    figure('after a kill -9', killed, peer(killed)),
    figure(`without any snapshot (${rowCount ?? 0} were removed)`, cold),
  );
};
