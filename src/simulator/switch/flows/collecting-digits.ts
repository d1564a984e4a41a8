import type { Timer } from '../../../kernel/clock.js';
import type { Channel, RunningApp } from '../channel.js';
import type { SwitchCore } from '../core.js';
import { lengthOf, startPlayback, type Playback } from './playing.js';

interface Request {
  readonly least: number;
  readonly most: number;
  readonly tries: number;
  readonly timeoutMs: number;
  readonly terminators: string;
  readonly prompt: string;
  readonly invalidPrompt: string;
  readonly variable: string;
  readonly pattern: RegExp | undefined;
  readonly digitTimeoutMs: number;
}

const parse = (data: string): Request => {
  const [least, most, tries, timeout, terminators, prompt, invalid, variable, pattern, digitTimeout] = data.split(' ');
  let compiled: RegExp | undefined;
  try {
    if (pattern) compiled = new RegExp(pattern);
  } catch {
    compiled = undefined;
  }
  return {
    least: Number(least) || 0,
    most: Number(most) || 1,
    tries: Math.max(1, Number(tries) || 1),
    timeoutMs: Number(timeout) || 5000,
    terminators: terminators === 'none' ? '' : (terminators ?? '#'),
    prompt: prompt ?? '',
    invalidPrompt: invalid ?? '',
    variable: variable ?? '',
    pattern: compiled,
    digitTimeoutMs: Number(digitTimeout) || Number(timeout) || 5000,
  };
};

/**
 * play_and_get_digits: a prompt that the first digit breaks off, then digits until a terminator, the
 * longest number or a pause. `read_result` is success, failure or timeout.
 */
export const collectDigits = (core: SwitchCore, channel: Channel, running: RunningApp, finish: (response?: string) => void): void => {
  const request = parse(running.data);
  let digits = '';
  let timer: Timer | undefined;
  let playback: Playback | undefined;

  const wait = (ms: number): void => {
    timer?.cancel();
    timer = core.clock.after(ms, () => judge('timeout'));
  };
  const playThen = (path: string, then: () => void): void => {
    const length = path === '' || path === 'silence' ? undefined : lengthOf(core, path);
    if (length === undefined) {
      then();
      return;
    }
    playback = startPlayback(core, channel, path, length, () => {
      playback = undefined;
      delete running.playback;
      then();
    });
    running.playback = { path, startedMs: core.clock.now() };
  };
  let triesLeft = request.tries;
  const attempt = (): void => {
    triesLeft--;
    digits = '';
    listening = true;
    playThen(request.prompt, () => wait(digits === '' ? request.timeoutMs : request.digitTimeoutMs));
  };
  let listening = false;
  const judge = (how: 'success' | 'timeout'): void => {
    timer?.cancel();
    listening = false;
    const valid = digits.length >= request.least && digits !== '' && (request.pattern?.test(digits) ?? true);
    if (!valid && triesLeft > 0) {
      playThen(request.invalidPrompt, attempt);
      return;
    }
    const end = (result: string): void => {
      channel.variables.set('read_result', result);
      if (valid && request.variable !== '') channel.variables.set(request.variable, digits);
      finish();
    };
    if (valid) end(how);
    else playThen(request.invalidPrompt, () => end(digits === '' || how === 'timeout' ? 'timeout' : 'failure'));
  };
  running.onDigit = (digit) => {
    if (!listening) return;
    const terminator = request.terminators.includes(digit);
    if (terminator) channel.variables.set('read_terminator_used', digit);
    else digits += digit;
    playback?.stop();
    if (terminator || digits.length >= request.most) judge('success');
    else wait(request.digitTimeoutMs);
  };
  running.release = () => {
    timer?.cancel();
    playback?.cancel();
  };
  attempt();
};
