import { Retries } from '../../../src/platform/event-store/postgres/retries.js';
import { sleepUnless } from '../../../src/platform/subscriptions/retry.js';
import { ManualClock } from '../../support/manual-clock.js';

describe('waiting for another attempt', () => {
  it('is not taken for a leak where much waits for one stop', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warned);
    try {
      const clock = new ManualClock();
      const [stopping, closing] = [new AbortController(), new AbortController()];
      const retries = new Retries(clock, () => true, closing.signal);
      const waiting = Array.from({ length: 30 }, () => [sleepUnless(clock, 1_000, stopping.signal), retries.bounded('a read', () => Promise.reject(new Error('away'))).catch(() => undefined)]).flat();
      await new Promise((resolve) => void setImmediate(resolve));
      stopping.abort();
      closing.abort();
      await Promise.all(waiting);
      await new Promise((resolve) => void setImmediate(resolve));
      expect(warnings).toEqual([]);
    } finally {
      process.off('warning', warned);
    }
  });
});
