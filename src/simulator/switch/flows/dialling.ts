import type { Channel, RunningApp } from '../channel.js';
import { parseDialString } from '../dial-string.js';
import type { SwitchCore } from '../core.js';

/** The dialplan's `bridge`: dials a leg for this channel and joins the two when it answers. */
export const dial = (core: SwitchCore, channel: Channel, running: RunningApp, finish: (response?: string) => void): void => {
  const { address, variables } = parseDialString(running.data);
  const uuid = variables.get('origination_uuid') ?? core.random.uuid();
  const seconds = Number(channel.variables.get('call_timeout') ?? variables.get('originate_timeout') ?? 60);
  let over = false;
  running.release = () => {
    over = true;
    const leg = core.locate(uuid);
    if (leg && !leg.bridge && leg.dialling) core.deeds.hangUp(leg, 'ORIGINATOR_CANCEL', { by: 'switch' });
  };
  core.deeds.originate(
    {
      uuid,
      variables,
      dialled: core.endpoints.dial(address, variables),
      callerName: channel.profile.callerName,
      callerNumber: channel.profile.callerNumber,
      timeoutMs: seconds * 1000,
      plan: [],
      forChannel: channel,
    },
    (outcome) => {
      if (over || channel.hungUp) {
        if (outcome.ok) core.deeds.hangUp(outcome.channel, 'ORIGINATOR_CANCEL', { by: 'switch' });
        return;
      }
      if (outcome.ok) {
        core.deeds.bridgeByApp(channel, outcome.channel);
        return;
      }
      channel.variables.set('originate_disposition', outcome.cause);
      if (channel.isTrue('continue_on_fail') || channel.plan.length > 0) finish();
      else core.deeds.hangUp(channel, outcome.cause, { by: 'switch' });
    },
  );
};
