import { spawn } from 'node:child_process';

/** Another number of days, or another first seed, where a machine has less time or more of it. */
const DAYS = Number(process.env['SIMULATED_DAYS'] ?? 1_000);
const FIRST = Number(process.env['FIRST_SEED'] ?? 1);
const LANES = 2;

interface Lane {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** The built program, living through so many whole days one after the other. */
const live = (seed: number, days: number): Promise<Lane> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', 'dist/src/cli.js', 'simulate', '--seed', String(seed), '--days', String(days), '--hours', '24'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, lines: output.split('\n').filter((line) => line !== '') }));
  });

describe(`${DAYS} whole days with faults`, () => {
  it(`seeds ${FIRST} to ${FIRST + DAYS - 1}: nothing is broken`, async () => {
    const each = Math.ceil(DAYS / LANES);
    const lanes = await Promise.all(Array.from({ length: LANES }, (_, lane) => live(FIRST + lane * each, Math.min(each, DAYS - lane * each))));
    const lines = lanes.flatMap((lane) => lane.lines);
    const days = lines.filter((line) => line.startsWith('seed '));
    expect(lines.filter((line) => !line.startsWith('seed ') || line.includes('broken'))).toEqual([]);
    expect(lanes.map(({ code }) => code)).toEqual(lanes.map(() => 0));
    expect(days).toHaveLength(DAYS);
    const sum = (what: string): number => days.reduce((total, line) => total + Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1]), 0);
    process.stdout.write(`${days.length} days, ${sum('calls')} calls, ${sum('events')} events, ${sum('faults')} faults\n`);
  });
});
