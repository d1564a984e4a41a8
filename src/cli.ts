#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander';
import { runDemo } from './cli/demo.js';

const wholeNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('expected a whole number of 1 or more');
  return number;
};

const positive = (text: string): number => {
  const number = Number(text);
  if (!(number > 0) || number > 10_000) throw new InvalidArgumentError('expected a number above 0 and up to 10000');
  return number;
};

const program = new Command('trunkline').description('Event-sourced call-center engine for FreeSWITCH').showHelpAfterError();

program
  .command('demo')
  .description('a whole call center on this machine: embedded database, simulated switch, callers and agents')
  .option('--calls <n>', 'end after so many calls and compare the CDRs with what truly happened', wholeNumber)
  .option('--speed <factor>', 'how much faster than life people behave', positive, 120)
  .option('--seed <seed>', 'repeats the people of a run', 'demo')
  .action(async ({ calls, speed, seed }: { calls?: number; speed: number; seed: string }) => {
    const equal = await runDemo({ ...(calls === undefined ? {} : { calls }), speed, seed, env: process.env, out: process.stdout });
    process.exitCode = equal ? 0 : 1;
  });

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
