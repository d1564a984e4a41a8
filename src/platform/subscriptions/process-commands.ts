import { isoTime, type Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import type { RecordedEvent } from '../../kernel/event.js';
import type { Process, ProcessCommand } from '../../kernel/process.js';
import type { CommandDispatcher } from '../event-store/command-dispatcher.js';
import { deterministicId } from '../event-store/deterministic-ids.js';
import { processCommandId, processMeta } from '../event-store/process-command-meta.js';
import { retryForEver } from './retry.js';

/** An `onRefused` of an `onRefused` and so on is a mistake, not a plan. */
const MAX_REFUSALS = 8;

/** A refusal that says nothing about the command: the same one may be accepted in a moment. */
export const isPassing = (error: unknown): boolean => error instanceof DomainError && (error.kind === 'unavailable' || error.code === 'too-much-contention');

/**
 * Issues what a process wants after an event, one command after the other. Waits for ever for a store
 * that is away, until the signal. A refusal leads to the command's `onRefused`, or is a legitimate no;
 * whatever else is thrown is a mistake in the program.
 */
export const issueCommands = async (
  dispatcher: CommandDispatcher,
  clock: Clock,
  signal: AbortSignal,
  process: Process,
  event: RecordedEvent,
  commands: readonly ProcessCommand[],
): Promise<void> => {
  for (let index = 0; index < commands.length; index += 1) {
    let command = commands[index];
    let commandId = processCommandId(process, event, index);
    for (let refusals = 0; command !== undefined; refusals += 1) {
      if (refusals > MAX_REFUSALS) throw new Error(`${process.name} answered ${MAX_REFUSALS} refusals in a row with another command`);
      const { stream, type, data, onRefused }: ProcessCommand = command;
      const meta = processMeta(process, event, commandId, isoTime(clock.now()));
      try {
        await retryForEver(clock, signal, () => dispatcher.dispatch(stream, { type, data, meta }), isPassing);
        break;
      } catch (error) {
        if (!(error instanceof DomainError) || isPassing(error)) throw error;
        command = onRefused?.(error.code);
        commandId = deterministicId(commandId, 'refused');
      }
    }
  }
};
