import { causeOfSipStatus } from '../causes.js';
import type { Channel } from '../channel.js';
import type { SwitchCore } from '../core.js';
import type { Line } from '../far-end.js';

/** The handle by which a telephone acts on its leg. */
export const makeLine = (core: SwitchCore, channel: Channel): Line => {
  const { deeds } = core;
  const whileAlive = (deed: () => void) => (): void => {
    if (!channel.hungUp) deed();
  };
  return {
    channelId: channel.uuid,
    get alive() {
      return !channel.hungUp;
    },
    ring: whileAlive(() => deeds.ring(channel)),
    earlyMedia: whileAlive(() => {
      deeds.earlyMedia(channel);
      if (!channel.isTrue('ignore_early_media')) channel.dialling?.settle({ ok: true });
    }),
    answer: whileAlive(() => {
      deeds.answer(channel);
      channel.dialling?.settle({ ok: true });
    }),
    refuse: (sipStatus) => {
      if (!channel.hungUp && !channel.answered) deeds.hangUp(channel, causeOfSipStatus(sipStatus), { by: 'far-end', sipStatus });
    },
    hangUp: whileAlive(() => deeds.hangUp(channel, channel.answered ? 'NORMAL_CLEARING' : 'ORIGINATOR_CANCEL', { by: 'far-end' })),
    hold: whileAlive(() => deeds.hold(channel, 'far-end')),
    resume: whileAlive(() => deeds.resume(channel, 'far-end')),
    press: (digits) => {
      if (!channel.hungUp) deeds.receiveDigits(channel, digits, 'RTP');
    },
    refer: (extension) => {
      const other = channel.partner;
      if (!channel.hungUp && other && channel.bridge?.stage === 'up') deeds.transfer(other, extension, 'far-end');
    },
  };
};
