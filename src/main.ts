import { serve } from './cli/commands/serve.js';
import { describeFailure } from './cli/shared/operator-error.js';

// `npm start`: a start that fails says why in plain words and leaves nothing running.
serve(process.env).catch((error: unknown) => {
  const { text, exitCode } = describeFailure(error);
  process.stderr.write(`${text}\n`);
  process.exit(exitCode);
});
