import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { SeededRandom } from '../../src/simulator/seeded-random.js';
import { EslSocketServer } from '../../src/simulator/switch/esl/esl-socket-server.js';
import type { Endpoints } from '../../src/simulator/switch/far-end.js';
import { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';
import { databaseUrlOf, ensureBuilt, startProgram, trunkline, type Ended } from '../support/built-program.js';
import { freshDatabase } from '../support/postgres.js';

jest.setTimeout(180_000);

const README = readFileSync('README.md', 'utf8');

/** The README's shell, in its order, without the indentation of the list that it stands in. */
const blocks = [...README.matchAll(/^( *)```bash\n([\s\S]*?)^\1```$/gm)].map(([, indent = '', text = '']) => text.split('\n').map((line) => line.slice(line.startsWith(indent) ? indent.length : 0)).join('\n'));

const installed = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const ifShell = installed('bash') && installed('curl') ? it : it.skip;

/** Whoever is called answers and stays. */
const answering: Endpoints = {
  dial: (address) => ({ kind: 'telephone', channelName: `sofia/external/${address}`, destination: address, address, farEnd: { invited: (line) => line.answer() } }),
};

const shell = (script: string, env: Readonly<Record<string, string>>): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', script], { env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });

describe('the README', () => {
  ifShell('has examples that work as they stand, from the first key to the last figure', async () => {
    await ensureBuilt();
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-readme-'));
    const database = await freshDatabase();
    const fs = new SimulatedSwitch({ clock: systemClock, random: new SeededRandom(1), endpoints: answering });
    const server = new EslSocketServer(fs);
    await server.listen();
    const env = { TRUNKLINE_DATA_DIR: folder, DATABASE_URL: databaseUrlOf(database.pool) };
    const program = await startProgram({ ...env, FREESWITCH_NODES: `esl://:ClueCon@127.0.0.1:${server.port}/fs1` });
    try {
      expect(blocks.length).toBeGreaterThanOrEqual(6);
      const script = blocks
        .join('\n')
        .replace('http://127.0.0.1:3000', program.url)
        .replace('curl -sS', 'curl -sS --fail-with-body')
        .replaceAll('-o cdrs.csv', `-o ${folder}/cdrs.csv`)
        // A person reads between two steps.
        .replace(/^(tl \/v1\/agents\/\$AGENT\/available.*)$/m, '$1\nuntil tl /v1/call-history >/dev/null; do sleep 0.1; done; sleep 2')
        .replace(/^(tl \/v1\/calls\/\$CALL\/hang-up.*)$/m, '$1\nsleep 2');
      const { code, out, err } = await shell(`set -euo pipefail\n${script}`, env);
      expect([code, err, out]).toEqual([0, expect.any(String), expect.stringContaining('All that is served is what the log says.')]);
      expect(out).toContain('The served CDR is the same, byte for byte');
      expect(out).toContain('event: ');
      expect(readFileSync(join(folder, 'cdrs.csv'), 'utf8').split('\n')[0]).toContain('callId');
    } finally {
      await program.stop();
      await server.close();
      fs.stop();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('names commands that there are', async () => {
    await ensureBuilt();
    const help = (await trunkline(['help'], {})).out;
    const named = new Set([...README.matchAll(/^\| `trunkline ([a-z]+)/gm)].map(([, name]) => name));
    const there = [...help.matchAll(/^ {2}([a-z]+)[ \n]/gm)].map(([, name]) => name).filter((name) => name !== 'help');
    expect([...named].sort()).toEqual(there.sort());
  });
});
