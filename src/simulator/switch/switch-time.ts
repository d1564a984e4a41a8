import { isoTime, type Clock } from '../../kernel/clock.js';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * The switch's own wall clock: `offsetMs` away from the true one, and read by most of the switch
 * only every 20 ms, as FreeSWITCH does. Microseconds since the epoch.
 */
export class SwitchTime {
  /** How far the switch's clock is ahead of the true one; a clock step changes it. */
  offsetMs = 0;

  constructor(private readonly clock: Clock) {}

  /** Milliseconds since the epoch, as this switch believes. */
  nowMs(): number {
    return this.clock.now() + this.offsetMs;
  }

  /** The stepped time of events and of a channel's life: never ahead of `nowMs`. */
  tickUs(): number {
    const tick = Math.floor(this.nowMs() / 20);
    return tick * 20_000 - ((tick * 7919) % 397);
  }

  /** The exact time, used where FreeSWITCH asks the operating system (hold). */
  exactUs(): number {
    return Math.floor(this.nowMs() * 1000);
  }
}

/** The last result of a function that is asked for the same second again and again. */
const perSecond = (make: (ms: number) => string): ((us: number) => string) => {
  let second = NaN;
  let text = '';
  return (us) => {
    const wanted = Math.floor(us / 1e6);
    if (wanted !== second) {
      second = wanted;
      text = make(wanted * 1000);
    }
    return text;
  };
};

/** `2026-11-22 21:17:03`, UTC. */
export const stampOf = perSecond((ms) => isoTime(ms).slice(0, 19).replace('T', ' '));

/** `Sun, 22 Nov 2026 21:17:03 GMT`. */
export const gmtOf = perSecond((ms) => {
  const iso = isoTime(ms);
  const weekday = DAYS[(Math.floor(ms / 86_400_000) + 4) % 7]!;
  return `${weekday}, ${iso.slice(8, 10)} ${MONTHS[Number(iso.slice(5, 7)) - 1]!} ${iso.slice(0, 4)} ${iso.slice(11, 19)} GMT`;
});

/** `0 years, 0 days, 0 hours, 1 minute, 59 seconds, 551 milliseconds, 804 microseconds`. */
export const uptimeOf = (us: number): string => {
  const units: [string, number][] = [['year', 31_536_000e6], ['day', 86_400e6], ['hour', 3_600e6], ['minute', 60e6], ['second', 1e6], ['millisecond', 1e3], ['microsecond', 1]];
  let rest = Math.max(0, us);
  return units
    .map(([name, size]) => {
      const n = Math.floor(rest / size);
      rest -= n * size;
      return `${n} ${name}${n === 1 ? '' : 's'}`;
    })
    .join(', ');
};
