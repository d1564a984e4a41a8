import type { CommandMeta } from '../../kernel/command.js';
import type { RecordedEvent } from '../../kernel/event.js';
import type { Process } from '../../kernel/process.js';
import { deterministicId } from './deterministic-ids.js';

/** Id of the command that a process issues after an event, at this place among them: the same whenever and wherever it is issued. */
export const processCommandId = (process: Process, event: Pick<RecordedEvent, 'id'>, index: number): string => deterministicId(event.id, process.name, index);

/** The circumstances of a command that a process issues after an event. */
export const processMeta = (process: Process, event: Pick<RecordedEvent, 'id' | 'metadata'>, commandId: string, at: string): CommandMeta => ({
  commandId,
  tenantId: event.metadata.tenantId,
  at,
  actor: process.actor,
  correlationId: event.metadata.$correlationId,
  causationId: event.id,
});
