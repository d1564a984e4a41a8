import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { seededRandom } from '../support/seeded-random.js';

const root = join(import.meta.dirname, '..', '..');

test('on a node where everything goes wrong by chance, each event is written and delivered once, and no rejection goes unhandled', async () => {
  const { seed } = seededRandom();
  const program = join(root, 'test', 'support', 'eventstoredb', 'fault-storm.ts');
  const child = spawn(process.execPath, ['--import', join(root, 'test', 'support', 'register-swc.mjs'), program, String(seed)], { cwd: root });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const [[code], out, errors] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  const told = `seed ${seed}: exit ${code} ${errors}`;
  expect(told).toMatch(/exit 0/);
  const result: unknown = JSON.parse(out);
  const exact = { seed, streamsExact: true, readExact: true, subscriptionExact: true, openReads: 0 };
  expect({ seed, ...(result as object) }).toMatchObject(exact);
}, 120_000);
