import { DatabaseUnavailable, isUnavailable, translated } from '../../../src/platform/postgres/database-errors.js';

const refusal = (code: string, message: string): Error => Object.assign(new Error(message), { code });

describe('what a database says', () => {
  it.each([
    ['53100', 'could not extend file "base/1": No space left on device', 'cannot work now'],
    ['53200', 'out of memory', 'cannot work now'],
    ['58030', 'could not write to file', 'cannot work now'],
    ['53300', 'sorry, too many clients already', 'cannot be reached'],
    ['57P03', 'the database system is starting up', 'cannot be reached'],
    ['ECONNREFUSED', 'connect ECONNREFUSED', 'cannot be reached'],
  ])('%s passes: whoever asked may ask again', (code, message, said) => {
    const error = translated(refusal(code, message));
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect((error as Error).message).toBe(`the database ${said}: ${message}`);
  });

  it.each(['23505', '22003', '42P01', '40001', '57014', '25006'])('%s is its answer', (code) => {
    const error = refusal(code, 'no');
    expect([isUnavailable(error), translated(error)]).toEqual([false, error]);
  });
});
