import { readFileSync, readlinkSync, realpathSync, unlinkSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { identityOf } from './process-identity.js';
import type { ProcessIdentity } from './process-identity.js';

/** A server that runs on a data directory, as its own files describe it. */
export interface RunningServer {
  readonly pid: number;
  readonly socketDirectory: string;
  readonly port: number;
  readonly status: 'ready' | 'starting' | 'stopping';
  /** The process that started it; undefined when that was not this program. */
  readonly owner: ProcessIdentity | undefined;
}

/** The setting by which a server remembers its owner: it is part of the command line that the server writes down. */
export const OWNER_SETTING = 'trunkline.owner';

/** Major version of the data, or undefined when there is no complete cluster. */
export const clusterVersion = async (data: string): Promise<number | undefined> => {
  try {
    await access(join(data, 'global', 'pg_control'));
    return Number.parseInt(await readFile(join(data, 'PG_VERSION'), 'utf8'), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * Whether this process serves this data: a stale lock file may name a process id that somebody else has
 * by now. The command line comes first, because root in a container may not see another user's cwd.
 */
const serves = (pid: number, data: string): boolean => {
  try {
    if (process.platform === 'linux') {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const directory = command[command.indexOf('-D') + 1];
      if (command.includes('-D') && directory !== undefined) return realpathSync(directory) === realpathSync(data);
      return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data);
    }
    const command = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.status === 0 && /postgres/.test(command.stdout);
  } catch {
    return false;
  }
};

const lockFileLines = (data: string): string[] => {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/** The server writes it a moment after its lock file. */
const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};

/** The server that runs on this data directory, if one does. */
export const runningServer = (data: string): RunningServer | undefined => {
  const lines = lockFileLines(data);
  const pid = Number.parseInt(lines[0] ?? '', 10);
  if (!(pid > 0) || !serves(pid, data)) return undefined;
  const status = lines[7]?.trim();
  const options = status === undefined || status === '' ? '' : textOf(join(data, 'postmaster.opts'));
  return {
    pid,
    port: Number(lines[3] ?? 0),
    socketDirectory: lines[4] ?? '',
    status: status === 'ready' || status === 'stopping' ? status : 'starting',
    owner: /trunkline\.owner=([^"\s]+)/.exec(options)?.[1],
  };
};

/**
 * Removes a lock file whose process id belongs to something else by now, which PostgreSQL would take
 * for a running server. One whose process is gone PostgreSQL removes itself.
 */
export const removeStaleLock = (data: string): void => {
  const pid = Number.parseInt(lockFileLines(data)[0] ?? '', 10);
  if (pid > 0 && identityOf(pid) !== undefined && !serves(pid, data)) unlinkSync(join(data, 'postmaster.pid'));
};
