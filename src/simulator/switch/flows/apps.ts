import type { Channel, PlannedApp, PrivateMessage, RunningApp } from '../channel.js';
import type { SwitchCore } from '../core.js';
import { APPLICATIONS } from './applications.js';

const applicationHeaders = (app: { app: string; data: string; uuid: string }, response?: string): [string, string][] => [
  ['Application', app.app],
  ...(app.data === '' ? [] : ([['Application-Data', app.data]] as [string, string][])),
  ...(response === undefined ? [] : ([['Application-Response', response]] as [string, string][])),
  ['Application-UUID', app.uuid],
];

/** Runs the next application of the channel's plan, or ends the call when there is none. */
export const runPlan = (core: SwitchCore, channel: Channel, plan: readonly PlannedApp[]): void => {
  const [next, ...rest] = plan;
  channel.plan = rest;
  if (channel.hungUp) return;
  if (!next) {
    core.deeds.hangUp(channel, 'NORMAL_CLEARING', { by: 'switch' });
    return;
  }
  start(core, channel, next.app, next.data, undefined);
};

/** `${sched_api(...)}` in an application's data: the command runs, its answer takes the place. */
const expand = (core: SwitchCore, data: string): string => {
  const call = /\$\{(\w+)\(([^}]*)\)\}/.exec(data);
  if (!call) return data;
  let answer = '';
  core.api(`${call[1]!} ${call[2]!}`, (text) => (answer = text.trim()));
  return data.replace(call[0], answer);
};

/** CHANNEL_EXECUTE, then what the application does. An unknown one ends the call. */
const start = (core: SwitchCore, channel: Channel, app: string, rawData: string, message: PrivateMessage | undefined): void => {
  const run = APPLICATIONS[app];
  if (!run) {
    core.deeds.hangUp(channel, 'DESTINATION_OUT_OF_ORDER', { by: 'switch' });
    return;
  }
  const data = expand(core, rawData);
  const running: RunningApp = { app, data, uuid: message?.uuid || core.random.uuid(), ...(message ? { message } : {}), beforeMedia: !channel.hasMedia };
  if (message?.lock) channel.locked = true;
  channel.top?.pause?.();
  channel.apps.push(running);
  channel.variables.delete('current_application_response');
  if (data === '') channel.variables.delete('current_application_data');
  else channel.variables.set('current_application_data', data);
  channel.variables.set('current_application', app);
  if (app !== 'park') channel.lastApp = { app, data };
  else channel.lastApp ??= { app, data };
  channel.executed.push({ app, data });
  core.fire('CHANNEL_EXECUTE', { channel, after: applicationHeaders(running) });
  run(core, channel, running, (response) => complete(core, channel, running, response));
};

/** An application came to its own end: CHANNEL_EXECUTE_COMPLETE, and the channel goes on. */
const complete = (core: SwitchCore, channel: Channel, running: RunningApp, response: string | undefined): void => {
  const index = channel.apps.indexOf(running);
  if (index < 0) return;
  channel.apps.splice(index, 1);
  running.release?.();
  fireComplete(core, channel, running, response);
  if (running.message) {
    // One that was taken up before there was media is not told of.
    if (!running.beforeMedia) core.fire('PRIVATE_COMMAND', { channel, prefix: running.message.headers });
    if (running.message.lock) channel.locked = false;
    if (index === channel.apps.length) channel.top?.resume?.();
    handleMessages(core, channel);
    return;
  }
  if (!channel.hungUp && channel.apps.length === 0 && channel.running === 'CS_EXECUTE') runPlan(core, channel, channel.plan);
};

const fireComplete = (core: SwitchCore, channel: Channel, running: RunningApp, response: string | undefined): void => {
  if (response !== undefined) channel.variables.set('current_application_response', response);
  core.fire('CHANNEL_EXECUTE_COMPLETE', { channel, after: applicationHeaders(running, channel.variables.get('current_application_response') ?? '_none_') });
};

export const unwind = (core: SwitchCore, channel: Channel, response: string): void => {
  for (let running = channel.apps.pop(); running; running = channel.apps.pop()) {
    running.release?.();
    if (running.playback) firePlaybackStop(core, channel, running);
    if (running.app === 'park') {
      core.fire('CHANNEL_UNPARK', { channel });
      core.tell({ what: 'unparked', channelId: channel.uuid });
    }
    // Only an endless local stream takes being broken off for an error.
    const broken = running.playback?.path.startsWith('local_stream://') ? response : 'FILE PLAYED';
    fireComplete(core, channel, running, running.playback ? broken : undefined);
  }
  channel.locked = false;
};

const firePlaybackStop = (core: SwitchCore, channel: Channel, running: RunningApp): void => {
  const { path, startedMs } = running.playback!;
  const ms = core.clock.now() - startedMs;
  channel.variables.set('playback_seconds', String(Math.floor(ms / 1000)));
  channel.variables.set('playback_ms', String(ms));
  channel.variables.set('playback_samples', String(ms * 8));
  core.fire('PLAYBACK_STOP', { channel, after: [['Playback-File-Type', path.includes('://') ? path.slice(0, path.indexOf('://')) : 'file'], ['Playback-File-Path', path], ['Playback-Status', 'done']] });
};

export const send = (core: SwitchCore, channel: Channel, message: PrivateMessage): void => {
  channel.messages.push(message);
  channel.thread.run(core.jitter(20), () => handleMessages(core, channel));
};

/** Whether the thread is somewhere that reads its messages. */
const listens = (channel: Channel): boolean => channel.running === 'CS_PARK' || channel.bridge?.stage === 'up' || (channel.apps.length > 0 && channel.bridge === undefined);

const handleMessages = (core: SwitchCore, channel: Channel): void => {
  while (!channel.hungUp && !channel.locked && channel.messages.length > 0 && listens(channel)) {
    const message = channel.messages.shift()!;
    if (message.command === 'execute') start(core, channel, message.app, message.arg, message);
    else {
      if (message.command === 'hangup') core.deeds.hangUp(channel, message.cause, { by: 'switch' });
      core.fire('PRIVATE_COMMAND', { channel, prefix: message.headers });
    }
  }
};

export const interrupt = (core: SwitchCore, channel: Channel, all: boolean): void => {
  if (all) channel.messages.length = 0;
  channel.thread.run(core.jitter(20), () => {
    const playing = channel.apps.filter((running) => running.interrupt);
    for (const running of all ? playing.reverse() : playing.slice(-1)) running.interrupt?.();
  });
};

const SOURCE_DURATION = { RTP: '2240', APP: '2000', INBAND_AUDIO: '2000' } as const;

export const receiveDigits = (core: SwitchCore, channel: Channel, digits: string, source: keyof typeof SOURCE_DURATION): void => {
  [...digits].forEach((digit, i) => {
    channel.thread.run(i === 0 || source === 'APP' ? core.jitter(20) : 280, () => {
      if (channel.hungUp) return;
      core.fire('DTMF', { channel, after: [['DTMF-Digit', digit], ['DTMF-Duration', SOURCE_DURATION[source]], ['DTMF-Source', source]] });
      core.tell({ what: 'digit', channelId: channel.uuid, digit });
      channel.variables.set('digits_dialed', (channel.variables.get('digits_dialed') ?? '') + digit);
      const reader = [...channel.apps].reverse().find((running) => running.onDigit);
      if (reader) reader.onDigit!(digit);
      else if (channel.bridge?.stage === 'up') channel.partner?.farEnd.digits?.(core.deeds.lineOf(channel.partner), digit);
    });
  });
};
