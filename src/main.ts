import { readModels } from '../projections/read-models.js';
import { startProgram } from './engine/program.js';
import { settingsFrom } from './settings.js';

/** `npm start`: runs the roles that the environment names until SIGTERM or SIGINT. */
const main = async (): Promise<void> => {
  const program = await startProgram({ settings: settingsFrom(process.env), projections: readModels });
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      program.logger.info({ signal }, 'stopping');
      program.stop().then(() => process.exit(0), (error: unknown) => {
        program.logger.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      });
    });
  }
  program.logger.info({ url: program.url }, 'Trunkline runs');
};

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
