import type { Channel } from '../channel.js';
import type { SwitchCore } from '../core.js';

/** Media comes up: the codecs of both directions. */
const startMedia = (core: SwitchCore, channel: Channel): void => {
  if (channel.hasMedia) return;
  channel.hasMedia = true;
  core.fire('CODEC', { channel, after: [['channel-read-codec-name', 'PCMU'], ['channel-read-codec-rate', '8000'], ['channel-read-codec-bit-rate', '64000']], from: ['switch_core_codec.c', 'switch_core_session_set_real_read_codec', '168'] });
  core.fire('CODEC', { channel, after: [['Channel-Write-codec-bit-rate', '64000']] });
  for (const side of ['read', 'write']) {
    channel.variables.set(`${side}_codec`, 'PCMU');
    channel.variables.set(`${side}_rate`, '8000');
  }
  channel.variables.set('dtmf_type', 'rfc2833');
};

/** What happens on a leg that the dialplan dialled for a waiting caller is passed on to the caller. */
const passOn = (core: SwitchCore, channel: Channel, deed: (caller: Channel) => void): void => {
  if (channel.direction !== 'outbound' || channel.otherLeg?.type !== 'originator') return;
  const caller = core.locate(channel.otherLeg.uuid);
  if (caller && !caller.answered) caller.thread.run(core.jitter(20), () => deed(caller));
};

export const ring = (core: SwitchCore, channel: Channel): void => {
  if (channel.hungUp || channel.answered || channel.times.progress > 0) return;
  channel.times.progress = core.time.tickUs();
  core.fire('CHANNEL_PROGRESS', { channel, atUs: channel.times.progress });
  if (channel.direction === 'outbound') core.setCallState(channel, 'RINGING');
  core.tell({ what: 'ringing', channelId: channel.uuid }, channel.times.progress);
  passOn(core, channel, core.deeds.ring);
};

export const earlyMedia = (core: SwitchCore, channel: Channel): void => {
  if (channel.hungUp || channel.answered || channel.times.progressMedia > 0) return;
  startMedia(core, channel);
  channel.times.progressMedia = core.time.tickUs();
  channel.answerState = 'early';
  channel.variables.set('endpoint_disposition', 'EARLY MEDIA');
  core.fire('CHANNEL_PROGRESS_MEDIA', { channel, atUs: channel.times.progressMedia });
  core.setCallState(channel, 'EARLY');
  core.tell({ what: 'early-media', channelId: channel.uuid }, channel.times.progressMedia);
  passOn(core, channel, core.deeds.earlyMedia);
};

/** The leg is answered: by us for an inbound one, by its telephone for an outbound one. */
export const answer = (core: SwitchCore, channel: Channel): void => {
  if (channel.hungUp || channel.answered) return;
  if (channel.direction === 'inbound') earlyMedia(core, channel);
  else startMedia(core, channel);
  channel.times.answered = core.time.tickUs();
  channel.answerState = 'answered';
  core.fire('CHANNEL_ANSWER', { channel, atUs: channel.times.answered });
  core.setCallState(channel, 'ACTIVE');
  channel.variables.set('endpoint_disposition', 'ANSWER');
  core.tell({ what: 'answered', channelId: channel.uuid }, channel.times.answered);
  channel.farEnd.answered?.(core.deeds.lineOf(channel));
};
