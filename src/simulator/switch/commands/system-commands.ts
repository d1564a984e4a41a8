import type { Channel } from '../channel.js';
import type { SwitchCore } from '../core.js';
import { stampOf, uptimeOf } from '../switch-time.js';
import type { ApiCommand } from './api-command.js';

const VERSION = '1.10.12-release';

const status: ApiCommand = (core, _args, reply) =>
  reply(
    [
      `UP ${uptimeOf(core.time.tickUs() - core.startedUs)}`,
      `FreeSWITCH (Version ${VERSION}  64bit) is ready`,
      `${core.sessionsSinceStart} session(s) since startup`,
      `${core.channels.size} session(s) - peak ${core.peak}, last 5min ${core.peak} `,
      '0 session(s) per Sec out of max 1000, peak 12, last 5min 0 ',
      '5000 session(s) max',
      'min idle cpu 0.00/97.93',
      'Current Stack Size/Max 240K/240K',
      '',
    ].join('\n'),
  );

/** One row of `show channels`, every value a string. */
const rowOf = (core: SwitchCore, channel: Channel): Record<string, string> => {
  const first = channel.history[0]?.profile ?? channel.profile;
  const { profile } = channel;
  const codec = channel.hasMedia ? ['PCMU', '8000', '64000'] : ['', '', ''];
  const running = channel.bridge?.stage === 'up' && !channel.bridge.byApp ? { app: 'uuid_bridge', data: channel.partner!.uuid } : (channel.top ?? { app: '', data: '' });
  return {
    uuid: channel.uuid, direction: channel.direction, created: stampOf(channel.times.created), created_epoch: String(Math.floor(channel.times.created / 1e6)),
    name: channel.name, state: channel.running, cid_name: profile.callerName, cid_num: profile.callerNumber, ip_addr: profile.networkAddress ?? '', dest: profile.destination,
    application: running.app, application_data: running.data, dialplan: profile.dialplan ?? '', context: profile.context,
    read_codec: codec[0]!, read_rate: codec[1]!, read_bit_rate: codec[2]!, write_codec: codec[0]!, write_rate: codec[1]!, write_bit_rate: codec[2]!,
    secure: '', hostname: core.settings.hostname, presence_id: '', presence_data: '', accountcode: '', callstate: channel.callState,
    callee_name: profile.calleeName ?? '', callee_num: profile.calleeNumber ?? '', callee_direction: channel.bridge ? 'SEND' : '', call_uuid: channel.callUuid,
    sent_callee_name: channel.variables.get('last_sent_callee_id_name') ?? '', sent_callee_num: channel.variables.get('last_sent_callee_id_number') ?? '',
    initial_cid_name: first.originalName, initial_cid_num: first.originalNumber, initial_ip_addr: first.networkAddress ?? '', initial_dest: first.destination,
    initial_dialplan: first.dialplan ?? '', initial_context: first.context,
  };
};

const show: ApiCommand = (core, args, reply) => {
  const [what = '', ...words] = args.split(/ +/);
  const channels = [...core.channels.values()].filter((channel) => what !== 'calls' || channel.direction === 'inbound' || channel.bridge === undefined);
  if (what !== 'channels' && what !== 'calls') return reply(what === 'registrations' ? '\n0 total.\n' : '-USAGE: codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like <match string>]|...\n');
  if (words.includes('count')) return reply(words.includes('json') ? `{"row_count": ${channels.length}}\n` : `\n${channels.length} total.\n`);
  if (words.includes('json')) {
    const rows = channels.map((channel) => rowOf(core, channel));
    return reply(rows.length === 0 ? '{"row_count": 0}\n' : JSON.stringify({ row_count: rows.length, rows }));
  }
  const lines = channels.map((channel) => Object.values(rowOf(core, channel)).join(','));
  reply(`${lines.length > 0 ? `${Object.keys(rowOf(core, channels[0]!)).join(',')}\n${lines.join('\n')}\n` : ''}\n${channels.length} total.\n`);
};

const schedule: ApiCommand = (core, args, reply) => {
  const parts = /^([+@]?)(\d+) (\S+) (.+)$/.exec(args);
  if (!parts) return reply('-USAGE: [+@]<time> <group_name> <command_string>[&]\n');
  const [, , amount, group, command] = parts;
  const seconds = parts[1] === '+' || parts[1] === '@' ? Number(amount) : Math.max(0, Number(amount) - Math.floor(core.time.nowMs() / 1000));
  const id = core.scheduler.add(seconds, group!, 'sched_api_function', () => core.api(command!, () => undefined));
  reply(`+OK Added: ${id}\n`);
};

/** `%Y-%m-%dT%H:%M:%S%z` and its parts. */
const strftime = (core: SwitchCore, format: string): string => {
  const stamp = stampOf(core.time.nowMs() * 1000);
  const parts: Readonly<Record<string, string>> = {
    Y: stamp.slice(0, 4), m: stamp.slice(5, 7), d: stamp.slice(8, 10), H: stamp.slice(11, 13), M: stamp.slice(14, 16), S: stamp.slice(17, 19), z: '+0000', Z: 'UTC',
    T: stamp.slice(11), F: stamp.slice(0, 10), s: String(Math.floor(core.time.nowMs() / 1000)), '%': '%',
  };
  return (format === '' ? '%Y-%m-%d %T' : format).replace(/%([YmdHMSzZTFs%])/g, (_all, letter: string) => parts[letter] ?? '');
};

const globals = (core: SwitchCore): Record<string, string> => ({
  hostname: core.settings.hostname, local_ip_v4: core.settings.address, domain: core.settings.domain, core_uuid: core.coreUuid, base_dir: '/var/fs',
  recordings_dir: '/var/fs/recordings', sounds_dir: '/var/fs/sounds', conf_dir: '/var/fs/conf',
});

/** The commands that ask about or act on the switch itself. */
export const SYSTEM_COMMANDS: Readonly<Record<string, ApiCommand>> = {
  status,
  show,
  sched_api: schedule,
  sched_del: (core, args, reply) => reply(args === '' ? '-ERR Invalid syntax\n' : `+OK Deleted: ${core.scheduler.remove(args.trim())}\n`),
  version: (_core, args, reply) => reply(args === 'short' ? `${VERSION}\n` : `FreeSWITCH Version ${VERSION}~64bit ( 64bit)\n`),
  hostname: (core, _args, reply) => reply(core.settings.hostname),
  switchname: (core, _args, reply) => reply(core.settings.hostname),
  create_uuid: (core, _args, reply) => reply(core.random.uuid()),
  echo: (_core, args, reply) => reply(args),
  msleep: (core, args, reply) => void core.clock.after(Number(args) || 0, () => reply('+OK')),
  strftime: (core, args, reply) => reply(strftime(core, args)),
  strepoch: (core, _args, reply) => reply(String(Math.floor(core.time.nowMs() / 1000))),
  strmicroepoch: (core, _args, reply) => reply(String(core.time.exactUs())),
  global_getvar: (core, args, reply) => {
    const all = globals(core);
    reply(args === '' ? Object.entries(all).map(([name, value]) => `${name}=${value}`).join('\n') : (all[args.trim()] ?? ''));
  },
  hupall: (core, args, reply) => {
    const cause = args.split(' ')[0] || 'MANAGER_REQUEST';
    for (const channel of [...core.channels.values()]) core.deeds.hangUp(channel, cause, { by: 'switch' });
    reply(`+OK hangup all channels with cause ${cause}\n`);
  },
};
