import type { SwitchCore } from '../core.js';
import { API_COMMANDS } from './api-commands.js';

/** Runs `command arguments` and answers once, at once or later; fires the API event when it is done. */
export const runApi = (core: SwitchCore, line: string, reply: (text: string) => void): void => {
  const blank = line.indexOf(' ');
  const name = blank < 0 ? line : line.slice(0, blank);
  const args = blank < 0 ? '' : line.slice(blank + 1).trim();
  const sequence = core.nextSequence();
  const done = (text: string): void => {
    core.fire('API', { sequence, after: [['API-Command', name], ...(args === '' ? [] : ([['API-Command-Argument', args]] as [string, string][]))] });
    reply(text);
  };
  const run = API_COMMANDS[name.toLowerCase()];
  if (run) run(core, args, done);
  else done(`-ERR ${name} Command not found!\n`);
};
