import type { Channel } from '../channel.js';
import type { SwitchCore } from '../core.js';

/** False where the path cannot be written or is recorded to already. */
export const startRecording = (core: SwitchCore, channel: Channel, path: string): boolean => {
  if (!channel.hasMedia || path.startsWith('/proc/') || channel.recordings.has(path)) return false;
  channel.recordings.set(path, core.clock.now());
  core.fire('RECORD_START', { channel, after: [['Record-File-Path', path]] });
  core.fire('MEDIA_BUG_START', { channel, before: [['Media-Bug-Function', 'session_record'], ['Media-Bug-Target', path]] });
  core.tell({ what: 'recording-started', channelId: channel.uuid, path });
  return true;
};

export const stopRecording = (core: SwitchCore, channel: Channel, path: string): boolean => stop(core, channel, path, 'success-maxtime');

export const stopAllRecordings = (core: SwitchCore, channel: Channel): void => {
  for (const path of [...channel.recordings.keys()]) stop(core, channel, path, 'success-silence');
};

const stop = (core: SwitchCore, channel: Channel, path: string, why: string): boolean => {
  const startedMs = channel.recordings.get(path);
  if (startedMs === undefined) return false;
  channel.recordings.delete(path);
  const ms = core.clock.now() - startedMs;
  core.recordingFiles?.write(path, ms);
  const set = (name: string, value: number | string): void => void channel.variables.set(`record_${name}`, String(value));
  set('file_size', ms * 32 + 44);
  set('samples', ms * 8);
  set('seconds', Math.floor(ms / 1000));
  set('ms', ms);
  set('completion_cause', why);
  core.fire('RECORD_STOP', { channel, after: [['Record-File-Path', path], ['Record-Completion-Cause', why]] });
  core.fire('MEDIA_BUG_STOP', { channel, before: [['Media-Bug-Function', 'session_record'], ['Media-Bug-Target', path]] });
  core.tell({ what: 'recording-stopped', channelId: channel.uuid, path });
  return true;
};
