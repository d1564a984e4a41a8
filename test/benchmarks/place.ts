import { chmodSync, closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/embedded/embedded-postgres.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { median } from './figure.js';

/** A folder of its own with a PostgreSQL that keeps what it commits, as in real use (fsync on). */
export interface Place {
  readonly folder: string;
  readonly pool: pg.PoolConfig;
  /** Stops the server and removes the folder. */
  close(): Promise<void>;
}

const ends = new Set<() => Promise<void> | void>();

/** Has `end` called if the suite is ended from outside; the returned function forgets it again. */
export const whenEnded = (end: () => Promise<void> | void): (() => void) => {
  ends.add(end);
  return () => void ends.delete(end);
};

/** Stops what was started, the last one first. */
export const endAll = async (): Promise<void> => {
  for (const end of [...ends].reverse()) await Promise.resolve(end()).catch(() => undefined);
};

/** Open to the unprivileged account that PostgreSQL runs as when this is root. */
export const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  chmodSync(folder, 0o755);
  return folder;
};

export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });

export const openPlace = async (): Promise<Place> => {
  const folder = newFolder();
  const postgres: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), clock: systemClock });
  const close = async (): Promise<void> => {
    forget();
    await postgres.stop();
    removeFolder(folder);
  };
  const forget = whenEnded(close);
  return { folder, pool: postgres.pool(), close };
};

/** What the disk under `folder` takes to keep 8 KiB, ms: no commit can be faster. Median of 50. */
export const syncTimeMs = (folder: string): number => {
  const file = openSync(join(folder, 'sync-time'), 'w');
  const page = Buffer.alloc(8_192, 1);
  const times: number[] = [];
  for (let i = 0; i < 50; i += 1) {
    const start = performance.now();
    writeSync(file, page, 0, page.length, i * page.length);
    fdatasyncSync(file);
    times.push(performance.now() - start);
  }
  closeSync(file);
  return median(times);
};

/** Processor time of a process and those that it started, ms; undefined where the system has no /proc. */
export const processorMs = (pid: number): number | undefined => {
  try {
    let ticks = 0;
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      const fields = statOf(entry);
      if (fields === undefined || (entry !== String(pid) && fields[1] !== String(pid))) continue;
      // utime and stime, and those of children that ended.
      ticks += [11, 12, ...(entry === String(pid) ? [13, 14] : [])].reduce((sum, place) => sum + Number(fields[place]), 0);
    }
    return ticks * 10;
  } catch {
    return undefined;
  }
};

/** Processor time that all processes of the machine have used, ms; undefined where the system has no /proc. */
export const machineMs = (): number | undefined => {
  try {
    const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/).slice(1).map(Number) as number[];
    return (user! + nice! + system! + irq! + softirq!) * 10;
  } catch {
    return undefined;
  }
};

/** Fields after the name, which may hold blanks: state, parent, ... */
const statOf = (pid: string): string[] | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
};

/** The server's process in a data folder. */
export const serverPid = (dataDir: string): number => Number(readFileSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
