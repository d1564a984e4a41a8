import type { Clock } from '../../src/kernel/clock.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import type { Endpoints, FarEnd } from '../../src/simulator/index.js';

/** A telephone that rings and answers by itself. */
export const answeringPhone = (clock: Clock, answerAfterMs = 500, hooks: FarEnd = {}): FarEnd => ({
  ...hooks,
  invited(line) {
    line.ring();
    clock.after(answerAfterMs, () => line.answer());
  },
});

/** The same in a test on real time, where nobody wants to wait; `heard` gets the digits that are sent to it. */
export const quickPhone = (heard: string[] = []): FarEnd => answeringPhone(systemClock, 30, { digits: (_line, digits) => void heard.push(digits) });

/** Every address is a telephone that behaves as is said when it is called. */
export const phones = (behaviour: (address: string) => FarEnd = () => quickPhone()): Endpoints => ({
  dial: (address) => {
    const destination = address.split('/').at(-1) ?? '';
    return { kind: 'telephone', channelName: `sofia/internal/${destination}@127.0.0.1`, destination, address, farEnd: behaviour(address) };
  },
});
