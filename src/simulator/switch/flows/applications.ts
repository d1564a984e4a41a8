import type { Timer } from '../../../kernel/clock.js';
import { isCause } from '../causes.js';
import type { Channel, RunningApp } from '../channel.js';
import type { SwitchCore } from '../core.js';
import { dial } from './dialling.js';
import { play } from './playing.js';
import { collectDigits } from './collecting-digits.js';

/** Ends the application with its response; undefined leaves the one that stands. */
export type Finish = (response?: string) => void;
type Application = (core: SwitchCore, channel: Channel, running: RunningApp, finish: Finish) => void;

const set = (channel: Channel, assignment: string): void => {
  const at = assignment.indexOf('=');
  if (at < 0) return;
  const value = assignment.slice(at + 1);
  if (value === '') channel.variables.delete(assignment.slice(0, at));
  else channel.variables.set(assignment.slice(0, at), value);
};

/** The dialplan applications that this switch knows. */
export const APPLICATIONS: Readonly<Record<string, Application>> = {
  answer(core, channel, _running, finish) {
    core.deeds.answer(channel);
    finish();
  },
  pre_answer(core, channel, _running, finish) {
    core.deeds.earlyMedia(channel);
    finish();
  },
  ring_ready(core, channel, _running, finish) {
    core.deeds.ring(channel);
    finish();
  },
  set(_core, channel, running, finish) {
    set(channel, running.data);
    finish();
  },
  multiset(_core, channel, running, finish) {
    for (const assignment of running.data.split(' ')) set(channel, assignment);
    finish();
  },
  unset(_core, channel, running, finish) {
    channel.variables.delete(running.data);
    finish();
  },
  log: (_core, _channel, _running, finish) => finish(),
  park(core, channel) {
    core.fire('CHANNEL_PARK', { channel });
    core.tell({ what: 'parked', channelId: channel.uuid });
  },
  sleep(core, _channel, running, finish) {
    const timer: Timer = core.clock.after(Math.max(0, Number(running.data) || 0), () => finish());
    running.release = () => timer.cancel();
  },
  wait_for_silence(core, channel, running, finish) {
    const codec = (): void => core.fire('CODEC', { channel, after: [['channel-read-codec-name', 'L16'], ['channel-read-codec-rate', '8000'], ['channel-read-codec-bit-rate', '128000']] });
    codec();
    const timer = core.clock.after(Number(running.data.split(' ')[3]) || 5000, () => {
      codec();
      finish();
    });
    running.release = () => timer.cancel();
  },
  playback: (core, channel, running, finish) => play(core, channel, running, running.data, finish),
  endless_playback: (core, channel, running, finish) => play(core, channel, running, running.data, finish, { endless: true }),
  play_and_get_digits: (core, channel, running, finish) => collectDigits(core, channel, running, finish),
  hangup(core, channel, running, finish) {
    core.deeds.hangUp(channel, isCause(running.data) ? running.data : 'NORMAL_CLEARING', { by: 'switch' });
    finish();
  },
  transfer(core, channel, running, finish) {
    finish();
    core.deeds.transfer(channel, running.data.split(' ')[0] ?? '', 'switch');
  },
  bridge: (core, channel, running, finish) => dial(core, channel, running, finish),
};
