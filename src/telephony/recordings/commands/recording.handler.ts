import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { notFound } from '../../../kernel/checks.js';
import { streamOf } from '../../../kernel/streams.js';
import { CommandExecutor, type CommandResult } from '../../../platform/event-store/command-executor.js';
import { recordingDecider } from '../domain/recording.decider.js';
import { OrderForRecording } from './recording.command.js';

@CommandHandler(OrderForRecording)
export class OrderForRecordingHandler implements ICommandHandler<OrderForRecording> {
  constructor(private readonly executor: CommandExecutor) {}

  async execute({ recordingId, type, meta }: OrderForRecording): Promise<CommandResult> {
    const stream = streamOf('recording', recordingId);
    const { tenantId } = await this.executor.load(recordingDecider, stream);
    if (tenantId !== meta.tenantId) throw notFound('recording-not-found', 'there is no recording with this id');
    return this.executor.execute(recordingDecider, stream, { type, data: {}, meta });
  }
}
