import { EmbeddedPostgresError, explainOutput } from '../../../src/platform/embedded/embedded-postgres-error.js';

describe('what PostgreSQL says when it cannot start becomes what an operator can do', () => {
  test.each([
    ['running bootstrap script ... FATAL:  could not extend file "base/1/2691": No space left on device', /the disk that holds \/data is full.*DATABASE_URL/s],
    ['initdb: error: could not write to file "pg_wal/xlogtemp.9": Disk quota exceeded', /the disk that holds \/data is full/],
    ['initdb: error: could not look up effective user ID 1234: user does not exist', /no entry in \/etc\/passwd/],
    ['FATAL:  something that nobody has seen before', /initdb failed in \/data.*DATABASE_URL.*something that nobody has seen before/s],
  ])('%s', (output, expected) => {
    const error = explainOutput('initdb failed', '/data', output);
    expect(error).toBeInstanceOf(EmbeddedPostgresError);
    expect(error.message).toMatch(expected);
    expect(error.message).toContain(output);
  });
});
