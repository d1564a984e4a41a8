/** The switch's CDR of one leg, as mod_json_cdr makes it. */
export interface SwitchCdr {
  readonly uuid: string;
  /** `a` for a first leg, `b` for one that was dialled for another. */
  readonly leg: 'a' | 'b';
  /** The JSON text, values URL-encoded as with `encode-values=true`. */
  readonly body: string;
}

/** Takes the switch's CDRs: an HTTP client, or a test. Must not throw. */
export interface CdrPoster {
  post(cdr: SwitchCdr): void;
}
