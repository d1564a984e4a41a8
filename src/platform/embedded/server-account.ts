import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chown, lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresError, OR_DATABASE_URL } from './embedded-postgres-error.js';

/** Who runs the server. Undefined ids: the current user, because that is not root. */
export interface ServerAccount {
  readonly name: string;
  readonly uid?: number;
  readonly gid?: number;
}

export interface CommandResult {
  readonly ok: boolean;
  /** Standard output and standard error, or why the command could not run at all. */
  readonly output: string;
}

/** A clean environment: none of the operator's PG* variables, English messages, UTC. */
export const serverEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' });

/** Runs a program as the account and waits for its end; it never throws. */
export const runAs = (account: ServerAccount, program: string, args: readonly string[], cwd = '/'): Promise<CommandResult> =>
  new Promise((resolve) => {
    const ids = account.uid === undefined || account.gid === undefined ? {} : { uid: account.uid, gid: account.gid };
    try {
      execFile(program, args, { cwd, env: serverEnvironment(), maxBuffer: 16 * 1024 * 1024, ...ids }, (error, stdout, stderr) => {
        resolve({ ok: error === null, output: `${stdout}${stderr}` || String(error?.message ?? '') });
      });
    } catch (error) {
      resolve({ ok: false, output: String(error) });
    }
  });

const fromPasswd = (name: string): ServerAccount | undefined => {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name && uid !== undefined && gid !== undefined && Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
};

/**
 * PostgreSQL refuses to run as root, so root lends it an unprivileged account: whoever owns the
 * data already, else `postgres`, else `nobody`.
 */
export const chooseAccount = async (dataDirectory: string): Promise<ServerAccount> => {
  if (process.getuid?.() !== 0) return { name: 'the current user' };
  const owner = await stat(dataDirectory).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { name: `user ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  const account = fromPasswd('postgres') ?? fromPasswd('nobody');
  if (account === undefined) {
    throw new EmbeddedPostgresError(`PostgreSQL does not run as root, and /etc/passwd has neither a user "postgres" nor "nobody": create one, run as an ordinary user, ${OR_DATABASE_URL}`);
  }
  return account;
};

/** Whether the account can enter this directory, all of its parents included. */
export const canEnter = async (account: ServerAccount, directory: string): Promise<boolean> =>
  account.uid === undefined || (await runAs(account, '/bin/sh', ['-c', 'cd "$0"', directory])).ok;

/** Gives a path, and all beneath it, to the account. Symbolic links are not followed. */
export const giveTo = async (account: ServerAccount, path: string): Promise<void> => {
  if (account.uid === undefined || account.gid === undefined) return;
  const entry = await lstat(path);
  if (entry.isSymbolicLink()) return;
  await chown(path, account.uid, account.gid);
  if (!entry.isDirectory()) return;
  for (const name of await readdir(path)) await giveTo(account, join(path, name));
};
