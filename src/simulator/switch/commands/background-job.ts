import type { SwitchCore } from '../core.js';
import { runApi } from './run-api.js';

/** Runs a command on a thread of its own: jobs start a little late and end in any order. */
export const runBackgroundJob = (core: SwitchCore, line: string, jobUuid: string): void => {
  const blank = line.indexOf(' ');
  const command = blank < 0 ? line : line.slice(0, blank);
  const args = blank < 0 ? '' : line.slice(blank + 1).trim();
  const { generation } = core;
  core.clock.after(core.jitter(3), () => {
    if (core.generation !== generation) return;
    runApi(core, line, (body) => {
      if (core.generation !== generation || core.jobFault?.(jobUuid, command) === false) return;
      core.fire('BACKGROUND_JOB', { after: [['Job-UUID', jobUuid], ['Job-Command', command], ...(args === '' ? [] : ([['Job-Command-Arg', args]] as [string, string][]))], body });
    });
  });
};
