import { readModels } from '../../../projections/read-models.js';
import { type ProgramOptions, startProgram } from '../../engine/program.js';
import { settingsFrom } from '../../settings.js';
import type { Environment } from '../shared/workplace.js';

/** Runs the roles that the environment names until SIGTERM or SIGINT; the exit code is 0 when all was closed in order. `version`: another one than this. */
export const serve = async (env: Environment, version: Pick<ProgramOptions, 'projections' | 'domain'> = { projections: readModels }): Promise<void> => {
  let signalled: NodeJS.Signals | undefined;
  let stop: (signal: NodeJS.Signals) => void = () => undefined;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // Whoever asks twice does not want to wait.
      if (signalled !== undefined) process.exit(130);
      signalled = signal;
      stop(signal);
    });
  }
  const program = await startProgram({ settings: settingsFrom(env), ...version });
  stop = (signal) => {
    program.logger.info({ signal }, 'stopping');
    program.stop().then(() => process.exit(0), (error: unknown) => {
      program.logger.error({ err: error }, 'could not stop cleanly');
      process.exit(1);
    });
  };
  if (signalled !== undefined) stop(signalled);
  else program.logger.info({ url: program.url }, 'Trunkline runs');
};
