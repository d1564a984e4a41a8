import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DomainError } from '../../../kernel/errors.js';
import { streamOf } from '../../../kernel/streams.js';
import { CommandExecutor } from '../../../platform/event-store/command-executor.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import { mediaNodeDecider } from '../../media-nodes/domain/media-node.decider.js';
import { type AskedOfSwitch, StartRecording, StopRecording } from './call.command.js';
import { Calls, legOf } from './calls.js';

@CommandHandler(StartRecording)
export class StartRecordingHandler implements ICommandHandler<StartRecording> {
  constructor(
    private readonly calls: Calls,
    private readonly executor: CommandExecutor,
  ) {}

  async execute({ callId, legId, meta }: StartRecording): Promise<AskedOfSwitch & { readonly recordingId: string }> {
    const state = await this.calls.load(callId, meta.tenantId);
    const recordingId = deterministicId(meta.commandId, 'recording');
    const path = `${await this.folderOf(state.nodeId)}/${recordingId}.wav`;
    return { ...(await this.calls.order(callId, legOf(state, legId, 'person'), { deed: 'start-recording', recordingId, path }, meta)), recordingId };
  }

  private async folderOf(nodeId: string): Promise<string> {
    const { settings } = (await this.executor.load(mediaNodeDecider, streamOf('node', nodeId))).state;
    if (typeof settings !== 'object' || settings === null) throw new DomainError('unavailable', 'no-recordings-folder', 'the media node of the call has no settings any more, and with them no folder for recordings; register it again');
    return settings.recordingsFolder.replace(/\/+$/, '');
  }
}

@CommandHandler(StopRecording)
export class StopRecordingHandler implements ICommandHandler<StopRecording> {
  constructor(private readonly calls: Calls) {}

  async execute({ callId, recordingId, meta }: StopRecording): Promise<AskedOfSwitch> {
    const state = await this.calls.load(callId, meta.tenantId);
    const running = Object.values(state.legs).flatMap(({ legId, recordings }) => Object.entries(recordings).map(([path, id]) => ({ legId, path, id })));
    const { legId, path } = running.find(({ id }) => id === recordingId) ?? { legId: legOf(state, undefined, 'person'), path: '' };
    return this.calls.order(callId, legId, { deed: 'stop-recording', recordingId, path }, meta);
  }
}
