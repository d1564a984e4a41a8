import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { growLog, openLog } from './clone-log.js';
import { rounded, say } from './figure.js';
import { type Place, whenEnded } from './place.js';
import { masterKeyIn } from './read-models.js';
import type { SwitchProcess } from './switch-process.js';

const PROGRAM = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const PATIENCE_MS = 60_000;

/** Starts the built program as `npm start` does; answers how long it took to say that it can serve, ms. It is stopped in good order after `more`. */
const startOnce = (place: Place, fs: SwitchProcess, more?: () => Promise<void>): Promise<number> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
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
    let readyMs: number | undefined;
    let asked = false;
    const limit = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const ask = async (url: string): Promise<void> => {
      asked = true;
      for (;;) {
        const ready = await fetch(`${url}/ready`).catch(() => undefined);
        if (ready?.status === 200) break;
        await new Promise((done) => setTimeout(done, 5));
      }
      readyMs = performance.now() - started;
      await more?.();
      child.kill('SIGTERM');
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
      if (readyMs === undefined) reject(new Error(`the program did not come to serve: ${lines.slice(-5).join(' | ')}`));
      else resolve(readyMs);
    });
  });

const WANTED = 100_000;

/** How long the built program takes to serve with a long log behind it. */
export const benchStart = async (place: Place, fs: SwitchProcess): Promise<void> => {
  const open = openLog(place.pool, masterKeyIn(place));
  try {
    const before = Number(await open.log.store.head());
    const total = await growLog(open, WANTED);
    const conditions = `${total} events in the log (${before} of simulated calls, the rest the same calls of further tenants), from the start of the process to the first 200 of /ready, PostgreSQL running`;
    const caughtUp = async (): Promise<void> => {
      for (;;) {
        const { rows } = await open.database.query<{ least: string }>('SELECT min(position) AS least FROM trunkline_projections');
        if (Number(rows[0]?.least ?? 0) >= total) return;
        await new Promise((done) => setTimeout(done, 50));
      }
    };
    const { rowCount } = await open.database.query('DELETE FROM trunkline_snapshots');
    const cold = await startOnce(place, fs, caughtUp);
    const warm = Math.min(await startOnce(place, fs), await startOnce(place, fs));
    say(
      { figure: 'start to serving, after an orderly stop', value: rounded(warm, 0), unit: 'ms', peer: 'the same with the state of calls and agents folded from the whole log', peerValue: rounded(cold, 0), ratio: rounded(warm / cold), aim: 'under 10 s with 1,000,000 events', conditions: `better of two; ${conditions}` },
      { figure: 'start to serving, without any snapshot', value: rounded(cold, 0), unit: 'ms', aim: 'under 10 s with 1,000,000 events', conditions: `${rowCount ?? 0} snapshots removed before; ${conditions}` },
    );
  } finally {
    await open.close();
  }
};
