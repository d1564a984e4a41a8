#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { faultNumbers, portNumber, position, positive, several, wholeNumber } from './cli/shared/arguments.js';
import { describeFailure } from './cli/shared/operator-error.js';
import type { EraseOptions } from './cli/commands/erase.js';
import type { KeyOptions } from './cli/commands/keys.js';
import type { LogCopyOptions } from './cli/commands/log-copy.js';
import type { SimulateOptions } from './cli/commands/simulate.js';
import type { SimulateDaysOptions } from './cli/commands/simulate-days.js';

const { env } = process;

// Whoever reads the output may have seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
const LOG_NAMES = '`here` (the log that the environment names), postgres://... (?schema=NAME) or esdb://...';

/** A command that found something wrong ends with 1. */
const verdict = async (right: Promise<boolean>): Promise<void> => {
  if (!(await right)) process.exitCode = 1;
};

const program = new Command('trunkline')
  .description('Event-sourced call-center engine for FreeSWITCH. Settings come from the environment; the README lists them.')
  .showHelpAfterError('(trunkline help shows all commands)')
  .exitOverride();

// Each command loads only what it needs, when it is asked for.
program
  .command('serve')
  .description('run the engine in the roles of TRUNKLINE_ROLES, as npm start does')
  .action(async () => (await import('./cli/commands/serve.js')).serve(env));

program
  .command('demo')
  .description('a whole call center on this machine: embedded database, simulated switch, callers and agents')
  .option('--calls <n>', 'end after so many calls and compare the CDRs with what truly happened', wholeNumber)
  .option('--speed <factor>', 'how much faster than life people behave', positive)
  .option('--seed <seed>', 'repeats the people of a run')
  .action(async ({ calls, speed, seed }: { calls?: number; speed?: number; seed?: string }) => {
    const { runDemo } = await import('./cli/demo.js');
    await verdict(runDemo({ ...(calls === undefined ? {} : { calls }), ...(speed === undefined ? {} : { speed }), ...(seed === undefined ? {} : { seed }), env, out: process.stdout }));
  });

program
  .command('simulate')
  .description('with --hours: whole days of a call center in memory, with everything that goes wrong, the same for the same seed; else a simulated FreeSWITCH on an event socket, with people who call: point FREESWITCH_NODES at it')
  .option('--hours <n>', 'hours of a day to live through on time of its own; exit code 1 where something does not hold that must', positive)
  .option('--days <n>', 'with --hours: so many days, each with the seed after', wholeNumber, 1)
  .option('--faults <which>', 'with --hours: all, none, or numbers of the seed’s faults such as 0,3', faultNumbers, 'all')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--port <port>', 'port to listen on, 0 for any', portNumber, 8021)
  .option('--password <word>', 'password of the event socket', 'ClueCon')
  .option('--seed <seed>', 'repeats the people of a run', 'trunkline')
  .option('--speed <factor>', 'how much faster than life people behave', positive, 1)
  .option('--calls <n>', 'end after so many calls', wholeNumber)
  .option('--calls-per-hour <n>', 'calls to each number in an hour of people’s time', positive, 60)
  .option('--number <number...>', 'a number that people dial; several may be given', several)
  .option('--agent <user...>', 'user name of a telephone that is registered; several may be given', several)
  .option('--api <url>', 'take numbers and agents from this Trunkline, and let the agents work through it')
  .option('--key <key>', 'key for --api: of the tenant with agents:write and calls:read, or an operator’s')
  .option('--tenant <id>', 'tenant to act for with an operator’s key')
  .option('--cdr-password <word>', 'post the switch’s own CDRs to --api, with the TRUNKLINE_CDR_PASSWORD there')
  .action(async (options: SimulateOptions & SimulateDaysOptions & { readonly hours?: number }) =>
    options.hours === undefined ? (await import('./cli/commands/simulate.js')).simulate(options) : verdict((await import('./cli/commands/simulate-days.js')).simulateDays(options)),
  );

program
  .command('rebuild')
  .description('build read models anew from the log, beside the served ones, and exchange them; all without names')
  .argument('[models...]')
  .option('--batch <events>', 'events per transaction', wholeNumber)
  .action(async (models: string[], { batch }: { batch?: number }) => (await import('./cli/commands/rebuild.js')).rebuildReadModels(env, models, batch));

program
  .command('verify')
  .description('compare read models with what the log says; exit code 1 and the first differing keys where they differ')
  .argument('[models...]')
  .option('--batch <events>', 'events per transaction', wholeNumber)
  .action(async (models: string[], { batch }: { batch?: number }) => verdict((await import('./cli/commands/verify.js')).verifyReadModels(env, models, batch)));

program
  .command('replay')
  .description('tell a call’s events with causes and actors, fold them anew, and compare the CDR with the served one')
  .argument('<call>', 'id of the call')
  .action(async (call: string) => verdict((await import('./cli/commands/replay.js')).replayCall(env, call)));

program
  .command('erase')
  .description('erase a person for good: the key of all that is personal is destroyed, and the recordings of their calls are deleted')
  .requiredOption('--tenant <id>', 'whose records they are in')
  .option('--number <number>', 'whoever has this number')
  .option('--agent <id>', 'this agent')
  .option('--reason <why>', 'request, retention, order or other', 'request')
  .option('--reference <text>', 'number of a ticket or a letter; stays on record, so no name')
  .option('--thorough', 'also rewrite the table of keys and move the write-ahead log on, so that the destroyed key leaves the disk; locks the table meanwhile')
  .action(async (options: EraseOptions) => (await import('./cli/commands/erase.js')).erasePerson(env, options));

const log = program.command('log').description('the event log as a whole');
log
  .command('copy')
  .description('copy a log into another store, prove the two equal, and carry the checkpoints over if asked to')
  .requiredOption('--from <log>', LOG_NAMES)
  .requiredOption('--to <log>', LOG_NAMES)
  .option('--after <position>', 'go on after this position of the source', position)
  .option('--batch <events>', 'events read at a time', wholeNumber)
  .option('--move-checkpoints', 'read models, processes and timers of DATABASE_URL go on with the copy; nothing may run meanwhile')
  .action(async (options: LogCopyOptions) => verdict((await import('./cli/commands/log-copy.js')).copyBetweenLogs(env, options)));
log
  .command('hash')
  .description('print the fingerprint of a log: equal for a log and its copy')
  .option('--log <log>', LOG_NAMES, 'here')
  .action(async ({ log: name }: { log: string }) => (await import('./cli/commands/log-copy.js')).printLogHash(env, name));

const keys = program.command('keys').description('API keys');
keys
  .command('create')
  .description('make a key and print it: the only time that it is shown')
  .option('--operator', 'a key that may do everything for every tenant')
  .option('--tenant <id>', 'whose key it is')
  .option('--scope <scope...>', 'what it may do: admin, calls:write, calls:read, agents:write, reports:read, audit:read, persons:erase', several)
  .option('--name <name>', 'what the key is for', 'made with trunkline keys create')
  .option('--expires <time>', 'when it stops working, such as 2030-01-31T00:00:00Z')
  .action(async (options: KeyOptions) => (await import('./cli/commands/keys.js')).createKey(env, options));
keys
  .command('list')
  .description('list keys without their secrets')
  .option('--tenant <id>', 'only those of one tenant')
  .action(async ({ tenant }: { tenant?: string }) => (await import('./cli/commands/keys.js')).listKeys(env, tenant));
keys
  .command('revoke')
  .description('a key opens nothing any more')
  .argument('<keyId>')
  .option('--reason <why>', 'kept in the log', 'not given')
  .action(async (keyId: string, { reason }: { reason: string }) => (await import('./cli/commands/keys.js')).revokeKey(env, keyId, reason));

const parked = program.command('parked').description('events that could not be handled and were set aside');
parked
  .command('list')
  .option('--runner <name>', 'only those of one process or read model')
  .description('what is parked, and why')
  .action(async ({ runner }: { runner?: string }) => (await import('./cli/commands/parked.js')).listParked(env, runner));
parked
  .command('retry')
  .description('try again what a process or read model has parked')
  .argument('<runner>', 'as parked list shows it')
  .option('--lane <lane>', 'only one lane')
  .action(async (runner: string, { lane }: { lane?: string }) => (await import('./cli/commands/parked.js')).retryParked(env, runner, lane));
parked
  .command('skip')
  .description('give one event up for good')
  .argument('<runner>', 'as parked list shows it')
  .argument('<position>', 'of the event', position)
  .requiredOption('--reason <why>', 'stays on record')
  .action(async (runner: string, at: bigint, { reason }: { reason: string }) => (await import('./cli/commands/parked.js')).skipParked(env, runner, at, reason));

program
  .command('gaps')
  .description('when media nodes could not be heard, why, and what was found after')
  .option('--node <id>', 'only those of one media node')
  .action(async ({ node }: { node?: string }) => (await import('./cli/commands/gaps.js')).listGaps(env, node));

program
  .command('doctor')
  .description('what is configured, reachable, running and lagging; exit code 1 if something is wrong, with what to do')
  .option('--json', 'tell it for machines')
  .action(async (options: { json?: boolean }) => verdict((await import('./cli/commands/doctor.js')).examine(env, options)));

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong; 0 is its answer to --help.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  const { text, exitCode } = describeFailure(error);
  process.stderr.write(`${text}\n`);
  process.exit(exitCode);
});
