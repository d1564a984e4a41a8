import type { Channel } from '../channel.js';
import type { SwitchCore } from '../core.js';
import type { CallingPoint } from '../event-names.js';
import { broadcastMessage } from './broadcast-message.js';

const MUSIC = 'local_stream://moh';
const BY_FAR_END: CallingPoint = ['switch_channel.c', 'switch_channel_mark_hold', '875'];

/** The leg is held; the other party hears music. */
export const hold = (core: SwitchCore, channel: Channel, by: 'far-end' | 'switch'): void => {
  if (channel.hungUp || channel.callState === 'HELD') return;
  core.setCallState(channel, 'HELD');
  channel.times.lastHold = core.time.exactUs();
  const at = core.time.tickUs();
  core.fire('CHANNEL_HOLD', { channel, atUs: at, ...(by === 'far-end' ? { from: BY_FAR_END } : {}) });
  core.tell({ what: 'held', channelId: channel.uuid, by }, at);
  const other = channel.bridge?.stage === 'up' ? channel.partner : undefined;
  // lead-frames: the music starts a little later.
  if (other) core.clock.after(160, () => {
    if (channel.callState === 'HELD' && channel.partner === other && !other.hungUp) core.deeds.send(other, broadcastMessage(core, MUSIC, -1));
  });
};

export const resume = (core: SwitchCore, channel: Channel, by: 'far-end' | 'switch'): void => {
  if (channel.hungUp || channel.callState !== 'HELD') return;
  const stopMusic = (): void => {
    const other = channel.partner;
    const music = other?.apps.find((running) => running.playback?.path === MUSIC && running.message);
    music?.interrupt?.();
  };
  if (by === 'far-end') stopMusic();
  core.setCallState(channel, 'UNHELD');
  if (by === 'switch') stopMusic();
  const now = core.time.exactUs();
  channel.holds.push([channel.times.lastHold, now]);
  channel.times.holdAccum += now - channel.times.lastHold;
  const at = core.time.tickUs();
  core.fire('CHANNEL_UNHOLD', { channel, atUs: at, ...(by === 'far-end' ? { from: BY_FAR_END } : {}) });
  core.setCallState(channel, 'ACTIVE');
  core.tell({ what: 'resumed', channelId: channel.uuid }, at);
};
