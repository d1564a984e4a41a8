import type { Channel } from './channel.js';
import type { SwitchCore } from './core.js';
import type { Deeds } from './deeds.js';
import type { Line } from './far-end.js';
import { answer, earlyMedia, ring } from './flows/answering.js';
import { interrupt, receiveDigits, runPlan, send, unwind } from './flows/apps.js';
import { bridge, bridgeByApp, endStandingBridge, fireUnbridge, leaveBridge } from './flows/bridging.js';
import { destroy, hangUp } from './flows/hanging-up.js';
import { hold, resume } from './flows/holding.js';
import { makeLine } from './flows/line.js';
import { originate } from './flows/outbound.js';
import { park } from './flows/parking.js';
import { startRecording, stopAllRecordings, stopRecording } from './flows/recording.js';
import { transfer, transferBoth } from './flows/transferring.js';

/** All flows over one core. */
export const composeDeeds = (core: SwitchCore): Deeds => {
  const lines = new WeakMap<Channel, Line>();
  return {
    lineOf(channel) {
      let line = lines.get(channel);
      if (!line) lines.set(channel, (line = makeLine(core, channel)));
      return line;
    },
    ring: (channel) => ring(core, channel),
    earlyMedia: (channel) => earlyMedia(core, channel),
    answer: (channel) => answer(core, channel),
    originate: (request, done) => originate(core, request, done),
    hangUp: (channel, cause, details) => hangUp(core, channel, cause, details),
    destroy: (channel) => destroy(core, channel),
    runPlan: (channel, plan) => runPlan(core, channel, plan),
    unwind: (channel, response) => unwind(core, channel, response),
    send: (channel, message) => send(core, channel, message),
    interrupt: (channel, all) => interrupt(core, channel, all),
    receiveDigits: (channel, digits, source) => receiveDigits(core, channel, digits, source),
    bridge: (first, second) => bridge(core, first, second),
    bridgeByApp: (a, b) => bridgeByApp(core, a, b),
    leaveBridge: (made, leaver) => leaveBridge(core, made, leaver),
    endStandingBridge: (channel) => endStandingBridge(core, channel),
    fireUnbridge: (made) => fireUnbridge(core, made),
    park: (channel) => park(core, channel),
    transfer: (channel, destination, by) => transfer(core, channel, destination, by),
    transferBoth: (channel, destination) => transferBoth(core, channel, destination),
    hold: (channel, by) => hold(core, channel, by),
    resume: (channel, by) => resume(core, channel, by),
    startRecording: (channel, path) => startRecording(core, channel, path),
    stopRecording: (channel, path) => stopRecording(core, channel, path),
    stopAllRecordings: (channel) => stopAllRecordings(core, channel),
  };
};
