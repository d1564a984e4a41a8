import { isCause } from '../causes.js';
import type { Channel } from '../channel.js';
import type { SwitchCore } from '../core.js';
import { broadcastMessage } from '../flows/broadcast-message.js';
import type { ApiCommand } from './api-command.js';

const NO_CHANNEL = '-ERR No such channel!\n';

/** A command whose first word is a channel. */
const onChannel =
  (usage: string, least: number, run: (core: SwitchCore, channel: Channel, words: readonly string[], args: string) => string, missing = NO_CHANNEL): ApiCommand =>
  (core, args, reply) => {
    const words = args.split(/ +/).filter((word) => word !== '');
    if (words.length < least) return reply(`-USAGE: ${usage}\n`);
    const channel = core.locate(words[0]!);
    reply(channel ? run(core, channel, words.slice(1), args.slice(words[0]!.length).trim()) : missing);
  };

const broadcast = (core: SwitchCore, channel: Channel, words: readonly string[]): string => {
  const [path = '', legs = 'aleg'] = words;
  const partner = channel.bridge?.stage === 'up' ? channel.partner : undefined;
  const targets = legs.startsWith('both') ? [channel, partner] : legs.startsWith('bleg') ? [partner] : [channel];
  for (const target of targets) {
    if (!target) continue;
    const message = broadcastMessage(core, path);
    // lead-frames: five frames of silence before it starts.
    core.clock.after(100 + core.jitter(60), () => {
      if (!target.hungUp) core.deeds.send(target, message);
    });
  }
  return '+OK Message sent\n';
};

const setVariable = (channel: Channel, name: string, value: string): void => {
  if (value === '') channel.variables.delete(name);
  else channel.variables.set(name, value);
};

const transfer = (core: SwitchCore, channel: Channel, words: readonly string[]): string => {
  const option = words[0] === '-bleg' || words[0] === '-both' ? words[0] : undefined;
  const destination = option ? words[1] : words[0];
  if (!destination) return '-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n';
  if (!option) {
    core.deeds.transfer(channel, destination, 'switch');
    return '+OK\n';
  }
  const other = channel.bridge?.stage === 'up' ? channel.partner : undefined;
  if (!other) return '-ERR No such channel!\n';
  if (option === '-bleg') core.deeds.transfer(other, destination, 'switch');
  else core.deeds.transferBoth(channel, destination);
  return '+OK\n';
};

const record = (core: SwitchCore, channel: Channel, words: readonly string[]): string => {
  const [action, path = ''] = words;
  if (action === 'start') return core.deeds.startRecording(channel, path) ? '+OK Success\n' : '-ERR Cannot record session!\n';
  if (action === 'stop' && path === 'all') {
    core.deeds.stopAllRecordings(channel);
    return '+OK Success\n';
  }
  if (action === 'stop') return core.deeds.stopRecording(channel, path) ? '+OK Success\n' : '-ERR Cannot stop record session!\n';
  if (action === 'mask' || action === 'unmask') return channel.recordings.has(path) ? '+OK Success\n' : `-ERR Cannot ${action} recording session!\n`;
  return '-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n';
};

const hold: ApiCommand = (core, args, reply) => {
  const words = args.split(/ +/).filter((word) => word !== '');
  const option = ['off', 'toggle'].includes(words[0] ?? '') ? words.shift() : undefined;
  if (!words[0]) return reply('-USAGE: [off|toggle] <uuid> [<display>]\n');
  const channel = core.locate(words[0]);
  if (!channel) return reply('-ERR Operation failed\n');
  if (option === 'off' || (option === 'toggle' && channel.callState === 'HELD')) core.deeds.resume(channel, 'switch');
  else core.deeds.hold(channel, 'switch');
  reply('+OK Success\n');
};

const bridge: ApiCommand = (core, args, reply) => {
  const [first, second] = args.split(/ +/);
  if (!first || !second) return reply('-USAGE: <uuid> <other_uuid>\n');
  const [a, b] = [core.locate(first), core.locate(second)];
  reply(a && b && core.deeds.bridge(a, b) ? `+OK ${second}\n` : '-ERR Invalid uuid\n');
};

/** The commands that act on a channel. */
export const CHANNEL_COMMANDS: Readonly<Record<string, ApiCommand>> = {
  uuid_answer: onChannel('<uuid>', 1, (core, channel) => {
    core.deeds.answer(channel);
    return '+OK\n';
  }),
  uuid_pre_answer: onChannel('<uuid>', 1, (core, channel) => {
    core.deeds.earlyMedia(channel);
    return '+OK\n';
  }),
  uuid_kill: onChannel('<uuid> [cause]', 1, (core, channel, [cause = '']) => {
    core.deeds.hangUp(channel, isCause(cause) ? cause : 'NORMAL_CLEARING', { by: 'switch' });
    return '+OK\n';
  }),
  uuid_broadcast: onChannel('<uuid> <path> [aleg|bleg|holdb|both]', 2, broadcast),
  uuid_break: onChannel('<uuid> [all]', 1, (core, channel, [option]) => {
    core.deeds.interrupt(channel, option === 'all');
    return '+OK\n';
  }),
  uuid_park: onChannel('<uuid>', 1, (core, channel) => {
    channel.thread.run(core.jitter(20), () => core.deeds.park(channel));
    return '+OK\n';
  }),
  uuid_transfer: onChannel('<uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]', 2, transfer),
  uuid_setvar: onChannel('<uuid> <var> [value]', 2, (_core, channel, words, args) => {
    setVariable(channel, words[0]!, args.slice(words[0]!.length).trim());
    return '+OK\n';
  }),
  uuid_setvar_multi: onChannel('<uuid> <var>=<value>;<var>=<value>...', 2, (_core, channel, _words, args) => {
    for (const assignment of args.split(';')) {
      const at = assignment.indexOf('=');
      if (at > 0) setVariable(channel, assignment.slice(0, at).trim(), assignment.slice(at + 1));
    }
    return '+OK\n';
  }),
  uuid_getvar: onChannel('<uuid> <var>', 2, (_core, channel, [name]) => channel.variables.get(name!) ?? '_undef_'),
  uuid_exists: (core, args, reply) => reply(String(core.locate(args.trim()) !== undefined)),
  uuid_dump: onChannel('<uuid> [format]', 1, (core, channel, [format]) => {
    const event = core.makeEvent('CHANNEL_DATA', core.nextSequence(), { channel });
    return format === 'json' ? event.jsonText() : event.plainText();
  }),
  uuid_record: onChannel('<uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]', 3, record, '-ERR Cannot locate session!\n'),
  uuid_send_dtmf: onChannel('<uuid> <dtmf digits>[@<tone_duration>]', 2, (core, channel, [digits = '']) => {
    channel.farEnd.digits?.(core.deeds.lineOf(channel), digits.split('@')[0]!);
    return `+OK ${channel.uuid} sent DTMF ${digits}.\n`;
  }),
  uuid_recv_dtmf: onChannel('<uuid> <dtmf digits>[@<tone_duration>]', 2, (core, channel, [digits = '']) => {
    core.deeds.receiveDigits(channel, digits.split('@')[0]!, 'APP');
    return `+OK ${channel.uuid} received DTMF ${digits}.\n`;
  }),
  uuid_hold: hold,
  uuid_bridge: bridge,
};
