import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = process.env['TRUNKLINE_TEST_REDIS_SERVER'] ?? 'redis-server';

/** Whether a real redis-server can be run here; TRUNKLINE_TEST_REDIS_SERVER says where it is. */
export const redisIsInstalled = spawnSync(program, ['--version']).status === 0;

export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

/** A redis-server on a unix socket of its own, which keeps nothing. `folder` brings one back at the same place. */
export const startRedis = async (folder = mkdtempSync(join(tmpdir(), 'trunkline-redis-'))): Promise<TestRedis & { readonly folder: string }> => {
  const path = join(folder, 'redis.sock');
  const child = spawn(program, ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no', '--dir', folder], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  for (let tries = 0; !(await answers(path)); tries += 1) {
    if (tries > 200) throw new Error('redis-server does not answer');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return {
    // ioredis takes a URL that is only a path for a unix socket.
    url: path,
    folder,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

export const removeRedisFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });
