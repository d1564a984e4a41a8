import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { clusterVersion } from './cluster-files.js';
import { EmbeddedPostgresError, OR_DATABASE_URL, explainOutput } from './embedded-postgres-error.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { identityOf, isRunning } from './process-identity.js';
import { canEnter, chooseAccount, giveTo, runAs } from './server-account.js';
import type { ServerAccount } from './server-account.js';

/** Where everything of one embedded server lives. */
export interface ClusterHome {
  readonly account: ServerAccount;
  /** Holds the data, the log and, where its path is short enough, the socket. */
  readonly directory: string;
  readonly data: string;
  readonly log: string;
}

/** A file in the requested directory that names the real one, where the server's account cannot enter the former. */
const RELOCATED = 'RELOCATED';
const PLACES_FOR_ALL = ['/var/lib/trunkline', '/var/tmp/trunkline'];

const short = (path: string): string => createHash('sha256').update(path).digest('hex').slice(0, 12);

const makeDirectory = async (account: ServerAccount, directory: string): Promise<void> => {
  if (!existsSync(directory)) await mkdir(directory, { recursive: true, mode: 0o755 });
  if (account.uid !== undefined && account.gid !== undefined && (await stat(directory)).uid === 0) await chown(directory, account.uid, account.gid);
};

const makePlaceForAll = async (place: string): Promise<void> => {
  await mkdir(place, { recursive: true });
  const { uid } = await lstat(place);
  if (uid !== 0) throw new EmbeddedPostgresError(`${place} must belong to root, but belongs to user ${uid}: remove it`);
  await chmod(place, 0o755);
};

/** Writes down where the data is; of two processes that do so at once, the first decides for both. */
const remember = async (requested: string, directory: string): Promise<string> => {
  try {
    await writeFile(join(requested, RELOCATED), `${directory}\n`, { flag: 'wx' });
    return directory;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await rm(directory, { recursive: true });
    return (await readFile(join(requested, RELOCATED), 'utf8')).trim();
  }
};

const relocate = async (account: ServerAccount, requested: string): Promise<string> => {
  for (const place of PLACES_FOR_ALL) {
    try {
      await makePlaceForAll(place);
      // A name of its own each time: who deletes the requested directory wants to begin anew.
      const directory = await mkdtemp(join(place, `${short(requested)}-`));
      await chmod(directory, 0o755);
      await makeDirectory(account, directory);
      if (await canEnter(account, directory)) return await remember(requested, directory);
      await rm(directory, { recursive: true });
    } catch (error) {
      if (!['EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  throw new EmbeddedPostgresError(`PostgreSQL runs as ${account.name}, which can enter neither ${requested} nor ${PLACES_FOR_ALL.join(' nor ')}: choose a data directory that it can enter, or set DATABASE_URL to a PostgreSQL server of your own`);
};

/** Prepares the directory, and finds another place for the data where the server's account cannot enter this one. */
export const openHome = async (dataDir: string): Promise<ClusterHome> => {
  const requested = resolve(dataDir);
  await mkdir(requested, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES') throw error;
    throw new EmbeddedPostgresError(`the data directory ${requested} cannot be created: the disk is full or read-only, or something that is no directory is in the way (${error.message}); choose another one, ${OR_DATABASE_URL}`);
  });
  const moved = (await readFile(join(requested, RELOCATED), 'utf8').catch(() => '')).trim();
  let directory = moved === '' ? requested : moved;
  const account = await chooseAccount(join(directory, 'data'));
  if (moved === '' && !(await canEnter(account, dirname(requested)))) directory = await relocate(account, requested);
  else await makeDirectory(account, directory);
  return { account, directory, data: join(directory, 'data'), log: join(directory, 'postgres.log') };
};

/** Prepares the directory for copies of programs: a place that all can enter, or the home itself where we are not root. */
export const openCopyPlace = async (home: ClusterHome): Promise<string> => {
  if (home.account.uid === undefined) return home.directory;
  const place = PLACES_FOR_ALL.find((candidate) => home.directory.startsWith(`${candidate}/`)) ?? '/var/lib/trunkline';
  await makePlaceForAll(place);
  await makePlaceForAll(join(place, 'programs'));
  return join(place, 'programs');
};

/**
 * The directory of the server's socket, which only the account (and root) can enter: that is what
 * keeps other users out. A socket's path may not exceed 107 bytes, hence the second place.
 */
export const socketDirectory = async ({ account, directory }: ClusterHome): Promise<string> => {
  const beside = join(directory, 'socket');
  const chosen = Buffer.byteLength(`${beside}/.s.PGSQL.5432.lock`) < 100 ? beside : `/tmp/trunkline-${short(directory)}`;
  await mkdir(chosen, { mode: 0o700 }).then(() => giveTo(account, chosen)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const entry = await lstat(chosen);
  const uid = account.uid ?? process.getuid?.();
  if (!entry.isDirectory() || entry.uid !== uid) {
    throw new EmbeddedPostgresError(`${chosen} is needed for the database's socket but belongs to user ${entry.uid}, not ${uid ?? 'us'}: remove it`);
  }
  await chmod(chosen, 0o700);
  return chosen;
};

/** Removes what an initdb left whose process was killed. */
const removeUnfinished = async (home: ClusterHome): Promise<void> => {
  for (const name of await readdir(home.directory)) {
    const maker = /^data\.init-(.+)$/.exec(name)?.[1];
    if (maker === undefined || isRunning(maker)) continue;
    // The killed process's initdb may be writing for a moment still. What stays is removed by a later start.
    await rm(join(home.directory, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 20 }).catch(() => undefined);
  }
};

/**
 * Creates the cluster where there is none. It is made under another name and renamed when it is
 * complete, so that a kill at any moment leaves either no cluster or a whole one, and of two
 * processes that do this at once one wins.
 */
export const initialise = async (home: ClusterHome, binaries: PostgresBinaries, durable: boolean): Promise<void> => {
  await removeUnfinished(home);
  const target = join(home.directory, `data.init-${identityOf(process.pid) ?? process.pid}`);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { mode: 0o700 });
  await giveTo(home.account, target);
  const locale = binaries.major >= 17 ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C.UTF-8'];
  const args = ['-D', target, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-instructions', ...locale, ...(durable ? [] : ['--no-sync'])];
  const { ok, output } = await runAs(home.account, binaries.initdb, args, home.directory);
  if (!ok) {
    await rm(target, { recursive: true, force: true });
    throw explainOutput('initdb could not create the database', home.directory, output);
  }
  if (existsSync(home.data) && (await clusterVersion(home.data)) === undefined && (await readdir(home.data)).length > 0) {
    await rename(home.data, `${home.data}.incomplete-${Math.trunc((await stat(home.data)).mtimeMs)}`);
  }
  try {
    await rename(target, home.data);
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  const parent = await open(home.directory, 'r');
  await parent.sync();
  await parent.close();
};
