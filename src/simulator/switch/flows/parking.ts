import type { Channel } from '../channel.js';
import type { SwitchCore } from '../core.js';

/** uuid_park and park_after_bridge: the channel waits in the state CS_PARK, outside of any application. */
export const park = (core: SwitchCore, channel: Channel): void => {
  if (channel.hungUp) return;
  core.deeds.endStandingBridge(channel);
  core.deeds.unwind(channel, 'PLAYBACK ERROR');
  channel.plan = [];
  core.setRunning(channel, 'CS_PARK');
  core.fire('CHANNEL_PARK', { channel });
  core.tell({ what: 'parked', channelId: channel.uuid });
};
