/**
 * The server is away or cannot work now, or the connection was lost. A statement that was under way may or may not have
 * happened.
 */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
}

const SYSTEM_CODES = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN',
  'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL',
]);

/**
 * SQLSTATE: class 08 connection exceptions, 57P01-57P03 the server is going down, crashed or not up
 * yet, class 53 it is out of disk, memory or connections, class 58 it could not read or write its
 * files, 25P0x it gave up on an idle transaction.
 */
const SERVER_CODES = /^(08...|57P0[123]|53...|58...|25P0[34])$/;

/** It was reached, and said that it cannot. */
const CANNOT_WORK = /^(53[^3]..|58...)$/;

/** The client gives these without any code. */
const MESSAGES = /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client was closed and is not queryable)/;

// Looked at by shape: an error of Node's own may come from another realm, where it is no instance of our Error.
const partsOf = (error: unknown): { code: string; message: string; errors: readonly unknown[] } => {
  const { code, message, errors } = (error ?? {}) as { code?: unknown; message?: unknown; errors?: unknown };
  return { code: typeof code === 'string' ? code : '', message: typeof message === 'string' ? message : '', errors: Array.isArray(errors) ? errors : [] };
};

/** Whether an error says that the server could not be reached or cannot work now, rather than that it refused. */
export const isUnavailable = (error: unknown): boolean => {
  if (error instanceof DatabaseUnavailable) return true;
  const { code, message, errors } = partsOf(error);
  if (errors.length > 0) return errors.every(isUnavailable);
  return SYSTEM_CODES.has(code) || SERVER_CODES.test(code) || MESSAGES.test(message);
};

/** SQLSTATE of a server's refusal, or an empty string. */
export const sqlState = (error: unknown): string => partsOf(error).code;

/** The same error, or a DatabaseUnavailable that carries it as its cause. */
export const translated = (error: unknown): unknown => {
  if (error instanceof DatabaseUnavailable || !isUnavailable(error)) return error;
  const { code, message, errors } = partsOf(error);
  const reason = errors.length > 0 ? errors.map((one) => partsOf(one).message).join('; ') : message;
  return new DatabaseUnavailable(`the database cannot ${CANNOT_WORK.test(code) ? 'work now' : 'be reached'}: ${reason}`, { cause: error });
};
