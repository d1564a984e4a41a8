/** Something that an operator has to put right. The message is one clear line, or a list with a line each. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  /** `exitCode` 1: it did not work; 2: it was called wrongly. */
  constructor(message: string, readonly exitCode: 1 | 2 = 1) {
    super(message);
  }
}

/** Whoever pressed Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode = 130;
  constructor() {
    super('interrupted; nothing was left half done');
  }
}

/** Names of errors that explain themselves; of any other the name is told too. */
const EXPLAINED = new Set(['Error', 'OperatorError', 'Interrupted', 'InvalidSettings', 'DomainError', 'EmbeddedPostgresError', 'EventStoreUnavailable', 'LogsDiffer', 'SchemaMismatch', 'ApiProblem']);

const textOf = (error: Error): string => {
  if (error.name === 'DatabaseUnavailable') return `${error.message}; start PostgreSQL, or put DATABASE_URL right`;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'listen') return `${error.message}${code === 'EADDRINUSE' ? ': something else listens there; end it, or set TRUNKLINE_HTTP_PORT' : ''}`;
  // The driver's own errors have no better name.
  if (error.name === 'error') return `PostgreSQL refused: ${error.message}`;
  return EXPLAINED.has(error.name) ? error.message : `${error.name}: ${error.message}`;
};

/** What is written on standard error, and the exit code. */
export const describeFailure = (error: unknown): { readonly text: string; readonly exitCode: number } => {
  if (!(error instanceof Error)) return { text: String(error), exitCode: 1 };
  const { exitCode } = error as { exitCode?: unknown };
  return { text: textOf(error), exitCode: typeof exitCode === 'number' ? exitCode : error.name === 'InvalidSettings' ? 2 : 1 };
};
