import type { Channel } from '../channel.js';
import type { SwitchCore } from '../core.js';

/** Sends a channel to another extension; whoever it talked with goes its way. */
export const transfer = (core: SwitchCore, channel: Channel, destination: string, by: 'far-end' | 'switch' | 'task'): void => {
  if (channel.hungUp) return;
  core.tell({ what: 'transferred', channelId: channel.uuid, destination, by });
  channel.otherLeg = undefined;
  core.deeds.endStandingBridge(channel);
  route(core, channel, destination);
};

/** `uuid_transfer -both`: neither is hung up. */
export const transferBoth = (core: SwitchCore, channel: Channel, destination: string): void => {
  const made = channel.bridge;
  const other = channel.partner;
  if (channel.hungUp || !made || !other) return;
  for (const each of [other, channel]) core.tell({ what: 'transferred', channelId: each.uuid, destination, by: 'switch' });
  const wasUp = made.stage === 'up';
  made.a.otherLeg = made.b.otherLeg = undefined;
  made.stage = 'over';
  made.a.bridge = made.b.bridge = undefined;
  if (wasUp) core.deeds.fireUnbridge(made);
  route(core, made.b, destination);
  route(core, made.a, destination);
};

/** Through the dialplan again. */
const route = (core: SwitchCore, channel: Channel, destination: string): void => {
  const now = core.time.tickUs();
  const source = `${Math.floor(now / 1e6)}:${core.random.uuid()}:bl_xfer:${destination}/default/XML`;
  channel.thread.clear();
  channel.messages.length = 0;
  channel.plan = [];
  channel.state = 'CS_ROUTING';
  channel.thread.run(core.jitter(20), () => {
    if (channel.running === 'CS_PARK') {
      core.fire('CHANNEL_UNPARK', { channel });
      core.tell({ what: 'unparked', channelId: channel.uuid });
    }
    core.deeds.unwind(channel, 'PLAYBACK ERROR');
    channel.variables.set('transfer_source', source);
    channel.variables.set('transfer_history', source);
    channel.newProfile(now, { transferSource: source, destination, dialplan: 'XML' });
    enterDialplan(core, channel);
  });
};

/** CS_ROUTING, the look-up, CS_EXECUTE and the applications found. */
export const enterDialplan = (core: SwitchCore, channel: Channel): void => {
  const inbound = channel.direction === 'inbound';
  channel.running = channel.state = 'CS_ROUTING';
  if (inbound) core.setCallState(channel, 'RINGING');
  core.fire('CHANNEL_STATE', { channel });
  // The dialplan's look-up takes a sequence number that nobody sees.
  core.nextSequence();
  if (!inbound && channel.answered) core.fire('CALL_UPDATE', { channel, before: [['Direction', 'RECV']] });
  const { destination } = channel.profile;
  core.tell({ what: 'extension', channelId: channel.uuid, extension: destination });
  const plan = core.dialplan.route({ destination, channelId: channel.uuid, authenticated: channel.isTrue('sip_authorized') });
  if (!plan) {
    core.deeds.hangUp(channel, 'NO_ROUTE_DESTINATION', { by: 'switch' });
    return;
  }
  channel.running = channel.state = 'CS_EXECUTE';
  if (inbound && channel.answered) core.setCallState(channel, 'ACTIVE');
  core.fire('CHANNEL_STATE', { channel });
  core.deeds.runPlan(channel, plan);
};
