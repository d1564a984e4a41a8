import pino, { type DestinationStream, type Logger, type LoggerOptions } from 'pino';

interface ShownError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ShownError;
}

/** SQLSTATE classes whose messages quote the value that was refused. */
const QUOTES_VALUES = /^2[23]/;

const MAX_CAUSES = 5;

/**
 * An error as the log shows it: nothing but its type, message, code, frames and causes. Clients hang
 * rows, statements and whole connections on their errors, and PostgreSQL quotes values.
 */
export const shownError = (error: unknown, depth = 0): ShownError => {
  if (!(error instanceof Error) && (typeof error !== 'object' || error === null)) return { type: typeof error, message: 'what was thrown is no error' };
  const { name, message, code, stack, cause } = error as { name?: unknown; message?: unknown; code?: unknown; stack?: unknown; cause?: unknown };
  const text = typeof message === 'string' ? message : '';
  const quotes = typeof code === 'string' && code.length === 5 && QUOTES_VALUES.test(code);
  const frames = typeof stack === 'string' ? stack.split('\n').filter((line) => /^\s+at /.test(line)).join('\n') : '';
  return {
    type: typeof name === 'string' ? name : 'Error',
    message: quotes ? 'the database refused a value' : text,
    ...(typeof code === 'string' ? { code } : {}),
    ...(frames === '' ? {} : { stack: frames }),
    ...(cause === undefined || depth >= MAX_CAUSES ? {} : { cause: shownError(cause, depth + 1) }),
  };
};

/** The process's log: a line of JSON each, to standard output unless told otherwise. */
export const createLogger = (level: string, destination?: DestinationStream): Logger => {
  const options: LoggerOptions = { level, serializers: { err: (error: unknown) => shownError(error) } };
  return destination === undefined ? pino(options) : pino(options, destination);
};
