/** The embedded PostgreSQL cannot be had; the message says why and what to do about it. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

/** What an operator can always do instead. */
export const OR_DATABASE_URL = 'or set DATABASE_URL to a PostgreSQL server of your own';

/** The cause behind a failed command's or server's output, in words that an operator can act on. */
export const explainOutput = (what: string, dir: string, output: string): EmbeddedPostgresError => {
  const tail = output.trim().split('\n').slice(-12).join('\n');
  if (/No space left on device|Disk quota exceeded/i.test(output)) {
    return new EmbeddedPostgresError(`${what}: the disk that holds ${dir} is full; free some space (a fresh database takes 50 MB), ${OR_DATABASE_URL}\n${tail}`);
  }
  if (/could not look up effective user ID/.test(output)) {
    return new EmbeddedPostgresError(`${what}: the current user id has no entry in /etc/passwd, which PostgreSQL needs; add one, ${OR_DATABASE_URL}\n${tail}`);
  }
  return new EmbeddedPostgresError(`${what} in ${dir}; set DATABASE_URL to use a PostgreSQL server of your own\n${tail}`);
};
