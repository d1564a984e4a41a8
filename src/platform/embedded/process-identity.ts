import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A process, told apart from a later one with the same id: `<pid>:<when it started>`. The second
 * part is opaque, without blanks, and only comparable on the same machine and boot.
 */
export type ProcessIdentity = string;

const linuxStart = (pid: number): string | undefined => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return undefined;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  return `${fields[18]}@${boot}`;
};

const otherStart = (pid: number): string | undefined => {
  const started = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  const text = started.status === 0 ? started.stdout.trim().replaceAll(/\s+/g, '_') : '';
  return text === '' ? undefined : text;
};

/** The identity of a running process, or undefined when there is none with this id. */
export const identityOf = (pid: number): ProcessIdentity | undefined => {
  try {
    const started = process.platform === 'linux' ? linuxStart(pid) : otherStart(pid);
    return started === undefined ? undefined : `${pid}:${started}`;
  } catch {
    return undefined;
  }
};

/** Whether exactly this process still runs. */
export const isRunning = (identity: ProcessIdentity): boolean => identityOf(Number.parseInt(identity, 10)) === identity;
