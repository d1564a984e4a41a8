import { Command } from '@nestjs/cqrs';
import type { CommandMeta } from '../../../kernel/command.js';
import type { CommandResult } from '../../../platform/event-store/command-executor.js';
import type { RecordingCommand } from '../domain/recording.commands.js';

/** What a person may order for a recording. */
export class OrderForRecording extends Command<CommandResult> {
  constructor(
    readonly recordingId: string,
    readonly type: Extract<RecordingCommand['type'], 'StoreRecordingAgain' | 'DeleteRecording'>,
    readonly meta: CommandMeta,
  ) {
    super();
  }
}
