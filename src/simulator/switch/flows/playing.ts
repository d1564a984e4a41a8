import type { Timer } from '../../../kernel/clock.js';
import type { Channel, RunningApp } from '../channel.js';
import type { SwitchCore } from '../core.js';

const typeOf = (path: string): string => (path.includes('://') ? path.slice(0, path.indexOf('://')) : 'file');

/** Length of what is played in ms: music never ends, tones and silence say their length. */
export const lengthOf = (core: SwitchCore, path: string): number | undefined => {
  if (path.startsWith('local_stream://')) return Infinity;
  const silence = /^silence_stream:\/\/(-?\d+)/.exec(path);
  if (silence) return Number(silence[1]) < 0 ? Infinity : Number(silence[1]);
  if (path.startsWith('tone_stream://')) {
    const loops = Number(/loops=(-?\d+)/.exec(path)?.[1] ?? 1);
    if (loops < 0) return Infinity;
    const tones = [...path.matchAll(/%\((\d+),(\d+)/g)].reduce((sum, tone) => sum + Number(tone[1]) + Number(tone[2]), 0);
    return tones * loops;
  }
  return core.settings.mediaLengthMs(path);
};

/** A sound that is being played. While another is played within it, it stands still. */
export interface Playback {
  stop(): void;
  cancel(): void;
  pause(): void;
  resume(): void;
}

/** Fires PLAYBACK_START, and PLAYBACK_STOP when it is over. */
export const startPlayback = (core: SwitchCore, channel: Channel, path: string, lengthMs: number, onEnd: () => void): Playback => {
  const details: [string, string][] = [
    ['Playback-File-Type', typeOf(path)],
    ['Playback-File-Path', path],
  ];
  core.fire('PLAYBACK_START', { channel, after: details });
  const startedMs = core.clock.now();
  let leftMs = lengthMs;
  let runningSince = startedMs;
  let timer: Timer | undefined;
  const end = (): void => {
    timer?.cancel();
    const ms = core.clock.now() - startedMs;
    channel.variables.set('playback_seconds', String(Math.floor(ms / 1000)));
    channel.variables.set('playback_ms', String(ms));
    core.fire('PLAYBACK_STOP', { channel, after: [...details, ['Playback-Status', 'done']] });
    onEnd();
  };
  const resume = (): void => {
    runningSince = core.clock.now();
    if (leftMs !== Infinity) timer = core.clock.after(leftMs, end);
  };
  resume();
  return {
    stop: end,
    cancel: () => timer?.cancel(),
    pause: () => {
      timer?.cancel();
      leftMs -= core.clock.now() - runningSince;
    },
    resume,
  };
};

/** The playback application. */
export const play = (core: SwitchCore, channel: Channel, running: RunningApp, path: string, finish: (response?: string) => void, options: { readonly endless?: boolean } = {}): void => {
  const length = options.endless ? Infinity : lengthOf(core, path);
  if (length === undefined) {
    finish('FILE NOT FOUND');
    return;
  }
  if (!channel.answered && !channel.hasMedia) core.deeds.earlyMedia(channel);
  const total = length * Math.max(1, running.message?.loops ?? 1);
  const playback = startPlayback(core, channel, path, total, () => {
    delete running.playback;
    finish('FILE PLAYED');
  });
  running.playback = { path, startedMs: core.clock.now() };
  running.release = playback.cancel;
  running.interrupt = playback.stop;
  running.pause = playback.pause;
  running.resume = playback.resume;
};
