import { request } from 'node:http';
import type { Clock } from '../kernel/clock.js';
import type { CdrPoster, SwitchCdr } from './switch/cdr-poster.port.js';

export interface HttpCdrPosterOptions {
  /** `http://127.0.0.1:8080/v1/cdr`, to which `?uuid=<leg>` is added. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly clock: Clock;
  /** How often a refused CDR is sent again, and the wait before, ms. mod_json_cdr's own defaults. */
  readonly retries?: number;
  readonly retryDelayMs?: number;
  /** A CDR that nobody took: FreeSWITCH spools it to a file and never sends it again by itself. */
  readonly onSpooled?: (cdr: SwitchCdr, why: string) => void;
}

/** Posts CDRs as mod_json_cdr does: one HTTP request a leg, basic authentication, JSON. */
export class HttpCdrPoster implements CdrPoster {
  /** Requests that have no answer yet. */
  pending = 0;

  constructor(private readonly options: HttpCdrPosterOptions) {}

  post(cdr: SwitchCdr): void {
    this.#attempt(cdr, this.options.retries ?? 1);
  }

  #attempt(cdr: SwitchCdr, triesLeft: number): void {
    this.pending++;
    const failed = (why: string): void => {
      this.pending--;
      if (triesLeft > 0) this.options.clock.after(this.options.retryDelayMs ?? 5_000, () => this.#attempt(cdr, triesLeft - 1));
      else this.options.onSpooled?.(cdr, why);
    };
    const { url, username, password } = this.options;
    const outgoing = request(`${url}?uuid=${cdr.uuid}`, {
      method: 'POST',
      ...(username === undefined ? {} : { auth: `${username}:${password ?? ''}` }),
      headers: { 'User-Agent': 'freeswitch-json/1.0', Accept: '*/*', 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(cdr.body) },
    });
    let over = false;
    const once = (then: () => void): void => {
      if (over) return;
      over = true;
      then();
    };
    outgoing.on('response', (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      response.on('error', () => once(() => failed('the answer broke off')));
      response.on('end', () => once(() => (status >= 200 && status < 300 ? void this.pending-- : failed(`HTTP ${status}`))));
    });
    outgoing.on('error', (error) => once(() => failed(error.message)));
    outgoing.end(cdr.body);
  }
}
