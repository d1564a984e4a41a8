import { Channel } from '../channel.js';
import type { SwitchCore } from '../core.js';
import type { InboundCall } from '../deeds.js';
import type { FarEnd } from '../far-end.js';
import { enterDialplan } from './transferring.js';

const setVariables = (core: SwitchCore, channel: Channel, call: InboundCall): void => {
  const set = (name: string, value: string): void => void channel.variables.set(name, value);
  const { address, domain } = core.settings;
  set('direction', 'inbound');
  set('uuid', channel.uuid);
  set('call_uuid', channel.uuid);
  set('session_id', String(channel.sessionNumber));
  set('sip_from_user', call.from);
  set('sip_from_uri', `${call.from}@${domain}`);
  set('sip_from_host', domain);
  set('channel_name', channel.name);
  set('sip_call_id', core.random.uuid());
  set('sip_invite_stamp', String(channel.times.created));
  set('sip_network_ip', '198.51.100.7');
  set('sip_network_port', '5060');
  if (call.authenticatedUser !== undefined) {
    set('sip_authorized', 'true');
    set('sip_auth_username', call.authenticatedUser);
    set('sip_auth_realm', domain);
    set('user_name', call.authenticatedUser);
    set('domain_name', domain);
  }
  set('sofia_profile_name', call.authenticatedUser === undefined ? 'external' : 'internal');
  set('sip_from_display', call.fromName);
  set('sip_req_user', call.to);
  set('sip_req_uri', `${call.to}@${address}:5060`);
  set('sip_to_user', call.to);
  set('sip_to_uri', `${call.to}@${address}:5060`);
  set('sip_contact_user', call.from);
  set('rtp_use_codec_string', 'PCMU,PCMA');
  set('max_forwards', '70');
  set('endpoint_disposition', 'DELAYED NEGOTIATION');
};

/** An INVITE has come in: a new channel, through the dialplan. */
export const placeCall = (core: SwitchCore, call: InboundCall, farEnd: FarEnd): Channel => {
  const uuid = call.uuid ?? core.random.uuid();
  const profileName = call.authenticatedUser === undefined ? 'external' : 'internal';
  const profile = core.profile({
    username: call.from,
    dialplan: 'XML',
    callerName: call.fromName,
    callerNumber: call.from,
    networkAddress: '198.51.100.7',
    destination: call.to,
    source: 'mod_sofia',
    context: 'trunkline',
  });
  const channel = new Channel(core.clock, uuid, 'inbound', `sofia/${profileName}/${call.from}@${core.settings.domain}`, core.sessionsSinceStart + 1, profile, core.time.tickUs(), farEnd);
  core.add(channel);
  setVariables(core, channel, call);
  core.tell({ what: 'created', channelId: uuid, direction: 'inbound', from: call.from, fromName: call.fromName, to: call.to, variables: new Map(channel.variables) }, channel.times.created);
  channel.thread.run(core.jitter(20), () => {
    core.fire('CHANNEL_STATE', { channel });
    channel.hasProfile = true;
    core.setRunning(channel, 'CS_INIT');
    channel.state = 'CS_ROUTING';
    core.fire('CHANNEL_CREATE', { channel });
    farEnd.ringing?.(core.deeds.lineOf(channel));
    enterDialplan(core, channel);
  });
  return channel;
};
