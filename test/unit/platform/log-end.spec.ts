import { LogEnd } from '../../../src/platform/event-store/log-end.js';
import { ManualClock, settle } from '../../support/manual-clock.js';

describe('log end', () => {
  const waiting = (end: LogEnd, beyond: bigint, signal: AbortSignal, poll?: Parameters<LogEnd['reachesBeyond']>[2]) => {
    const state = { over: false };
    void end.reachesBeyond(beyond, signal, poll).then(() => {
      state.over = true;
    });
    return state;
  };

  test('wakes only those who wait for less, whoever tells it and however often', async () => {
    const end = new LogEnd();
    const { signal } = new AbortController();
    const [near, far] = [waiting(end, 4n, signal), waiting(end, 5n, signal)];
    end.announce(4n);
    await settle();
    expect([near.over, far.over]).toEqual([false, false]);
    end.announce(5n);
    end.announce(5n);
    end.announce(3n);
    await settle();
    expect([near.over, far.over]).toEqual([true, false]);
    expect(end.reached).toBe(5n);
  });

  test('does not wait for what was heard before', async () => {
    const end = new LogEnd();
    end.announce(9n);
    const late = waiting(end, 8n, new AbortController().signal);
    await settle();
    expect(late.over).toBe(true);
  });

  test('ends by time and by signal, and leaves no timer behind', async () => {
    const end = new LogEnd();
    const clock = new ManualClock();
    const abort = new AbortController();
    const [polled, aborted] = [waiting(end, 1n, abort.signal, { clock, ms: 250 }), waiting(end, 1n, abort.signal)];
    await clock.advance(249);
    expect(polled.over).toBe(false);
    await clock.advance(1);
    expect([polled.over, aborted.over]).toEqual([true, false]);
    const third = waiting(end, 1n, abort.signal, { clock, ms: 250 });
    abort.abort();
    await settle();
    expect([aborted.over, third.over, clock.pending]).toEqual([true, true, 0]);
  });
});
