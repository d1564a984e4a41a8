import { describe, expect, it } from '@jest/globals';
import { createLogger } from '../../../src/platform/observability/logger.js';

const logged = (error: unknown): { readonly line: string; readonly err: Record<string, unknown> } => {
  let line = '';
  createLogger('info', { write: (text: string) => void (line = text) }).error({ err: error }, 'it failed');
  return { line, err: (JSON.parse(line) as { err: Record<string, unknown> }).err };
};

describe('the log', () => {
  it('shows an error’s type, message, code, frames and cause', () => {
    const error = Object.assign(new TypeError('no such leg', { cause: new Error('socket closed') }), { code: 'E_LEG' });
    expect(logged(error).err).toEqual({ type: 'TypeError', message: 'no such leg', code: 'E_LEG', stack: expect.stringMatching(/^\s+at /), cause: { type: 'Error', message: 'socket closed', stack: expect.any(String) } });
  });

  it('shows nothing of what a client hangs on its error', () => {
    const error = Object.assign(new Error('duplicate key'), { code: '40001', detail: 'Key (number)=(+4915112345678)', client: { password: 'secret' }, parameters: ['Lovelace'] });
    const { line, err } = logged(error);
    expect(err).toMatchObject({ message: 'duplicate key', code: '40001' });
    for (const personal of ['12345678', 'secret', 'Lovelace']) expect(line).not.toContain(personal);
  });

  it('shows no value that PostgreSQL quotes, neither in the message nor in the stack', () => {
    const { line, err } = logged(Object.assign(new Error('invalid input syntax for type integer: "+4915112345678"'), { code: '22P02' }));
    expect(err).toMatchObject({ message: 'the database refused a value', code: '22P02' });
    expect(line).not.toContain('12345678');
  });

  it('ends a chain of causes that goes in a circle, and takes what is no error', () => {
    const a: Error & { cause?: unknown } = new Error('a');
    a.cause = a;
    expect(logged(a).err['message']).toBe('a');
    expect(logged('+4915112345678').line).not.toContain('12345678');
  });
});
