import { Channel } from '../channel.js';
import type { SwitchCore } from '../core.js';
import type { OriginateOutcome, OriginateRequest } from '../deeds.js';
import type { FarEnd } from '../far-end.js';

const NOBODY: FarEnd = {};

const setVariables = (core: SwitchCore, channel: Channel, request: OriginateRequest): void => {
  const set = (name: string, value: string): void => void channel.variables.set(name, value);
  set('direction', 'outbound');
  set('is_outbound', 'true');
  set('uuid', channel.uuid);
  set('call_uuid', channel.uuid);
  set('session_id', String(channel.sessionNumber));
  set('sip_profile_name', 'internal');
  set('channel_name', channel.name);
  set('sip_call_id', core.random.uuid());
  for (const [name, value] of request.variables) set(name, value);
  set('originate_early_media', String(!channel.isTrue('ignore_early_media')));
  set('originate_endpoint', 'sofia');
  set('sofia_profile_name', 'internal');
  set('sip_to_user', channel.profile.destination);
  set('audio_media_flow', 'sendrecv');
};

/** Dials a leg. `done` is called once: when it may run its plan, or when it came to nothing. */
export const originate = (core: SwitchCore, request: OriginateRequest, done: (outcome: OriginateOutcome) => void): void => {
  const { dialled, uuid } = request;
  if (dialled.kind === 'nothing') {
    done({ ok: false, cause: dialled.cause });
    return;
  }
  if (core.channels.has(uuid)) {
    done({ ok: false, cause: 'DESTINATION_OUT_OF_ORDER' });
    return;
  }
  const destination = dialled.kind === 'no-channel' ? '' : dialled.destination;
  const name = dialled.kind === 'no-channel' ? `sofia/${destination}` : dialled.channelName;
  const caller = request.forChannel?.profile;
  const profile = core.profile({
    ...(caller?.username === undefined ? {} : { username: caller.username }),
    ...(caller?.dialplan === undefined ? {} : { dialplan: caller.dialplan }),
    ...(caller?.networkAddress === undefined ? {} : { networkAddress: caller.networkAddress }),
    callerName: request.callerName,
    callerNumber: request.callerNumber,
    calleeName: 'Outbound Call',
    calleeNumber: destination,
    destination,
    source: 'src/switch_ivr_originate.c',
    context: 'default',
  });
  const farEnd = dialled.kind === 'telephone' ? dialled.farEnd : NOBODY;
  const channel = new Channel(core.clock, uuid, 'outbound', name, core.sessionsSinceStart + 1, profile, core.time.tickUs(), farEnd);
  core.add(channel);
  if (dialled.kind === 'no-channel') {
    channel.running = 'CS_NONE';
    channel.state = 'CS_DESTROY';
    channel.variables.set('uuid', uuid);
    core.fire('CHANNEL_DESTROY', { channel });
    core.setRunning(channel, 'CS_DESTROY');
    core.channels.delete(uuid);
    done({ ok: false, cause: dialled.cause });
    return;
  }
  channel.running = channel.state = 'CS_NONE';
  channel.hasProfile = true;
  setVariables(core, channel, request);
  if (request.forChannel) {
    const { forChannel } = request;
    channel.otherLeg = { type: 'originator', direction: forChannel.direction, uuid: forChannel.uuid, name: forChannel.name, profile: { ...forChannel.profile }, times: { ...forChannel.times } };
    channel.callUuid = forChannel.callUuid;
    channel.variables.set('call_uuid', forChannel.callUuid);
    forChannel.profile = { ...forChannel.profile, calleeName: 'Outbound Call', calleeNumber: destination };
  }
  core.fire('CHANNEL_OUTGOING', { channel });
  const { callerNumber: from, callerName: fromName, variables, forChannel } = request;
  core.tell(
    { what: 'created', channelId: uuid, direction: 'outbound', from, fromName, to: destination, variables, ...(forChannel ? { forChannelId: forChannel.uuid } : {}) },
    channel.times.created,
  );
  core.setRunning(channel, 'CS_INIT');
  channel.state = 'CS_ROUTING';
  core.fire('CHANNEL_CREATE', { channel });
  core.fire('CHANNEL_ORIGINATE', { channel });
  core.setRunning(channel, 'CS_ROUTING');
  waitForAnswer(core, channel, request, done);
  if (dialled.kind === 'unreachable') {
    channel.thread.run(0, () => core.deeds.hangUp(channel, dialled.cause, { by: 'switch' }));
    return;
  }
  channel.profile.networkAddress = dialled.address;
  channel.thread.run(core.jitter(2), () => {
    core.setRunning(channel, 'CS_CONSUME_MEDIA');
    farEnd.invited?.(core.deeds.lineOf(channel));
  });
};

/** The originate's own thread: it holds the leg until it was answered, failed or was waited for too long. */
const waitForAnswer = (core: SwitchCore, channel: Channel, request: OriginateRequest, done: (outcome: OriginateOutcome) => void): void => {
  const timeout = core.clock.after(request.timeoutMs, () => core.deeds.hangUp(channel, 'NO_ANSWER', { by: 'switch' }));
  const release = (): void => {
    channel.dialling = undefined;
    core.deeds.destroy(channel);
  };
  let settled = false;
  channel.dialling = {
    settle(outcome) {
      if (settled) return;
      settled = true;
      timeout.cancel();
      if (outcome.ok) {
        succeed(core, channel, request, done, release);
        return;
      }
      const { cause } = outcome;
      // Bridged before it was parked: the job fails at once although the leg lives.
      if (!channel.hungUp) {
        release();
        core.clock.after(core.jitter(3), () => done({ ok: false, cause }));
        return;
      }
      // The originate notices a timeout itself and answers at once; anything else at its next look.
      core.clock.after(cause === 'NO_ANSWER' && channel.endedBy === 'switch' ? 0 : 2 + core.jitter(22), () => {
        if (core.random.next() < 0.5) {
          release();
          done({ ok: false, cause });
        } else {
          done({ ok: false, cause });
          release();
        }
      });
    },
  };
};

const succeed = (core: SwitchCore, channel: Channel, request: OriginateRequest, done: (outcome: OriginateOutcome) => void, release: () => void): void => {
  const abandoned = (): boolean => {
    if (!channel.hungUp) return false;
    done({ ok: false, cause: channel.cause! });
    release();
    return true;
  };
  core.clock.after(2 + core.jitter(18), () => {
    // In between the leg may have been hung up, or bridged by somebody in a hurry.
    if (abandoned()) return;
    if (channel.bridge) {
      release();
      done({ ok: false, cause: 'ORIGINATOR_CANCEL' });
      return;
    }
    if (!request.forChannel && channel.answered) {
      channel.flipCallerId();
      core.fire('CALL_UPDATE', { channel, before: [['Direction', 'RECV']], from: ['switch_channel.c', 'switch_channel_flip_cid', '3277'] });
    }
    const jobFirst = core.random.next() < core.settings.jobBeforePark;
    if (jobFirst) done({ ok: true, channel });
    release();
    if (!request.forChannel) {
      core.setRunning(channel, 'CS_EXECUTE');
      core.deeds.runPlan(channel, request.plan);
    }
    if (!jobFirst) core.clock.after(core.jitter(4), () => done({ ok: true, channel }));
  });
};
