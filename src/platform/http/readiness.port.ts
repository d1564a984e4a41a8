/** Why a process cannot serve. */
export interface ReadinessProblem {
  /** Stable, kebab-case; the operations page has an entry for each. */
  readonly code: string;
  /** For people, without personal data. */
  readonly reason: string;
}

/** One thing that must be so before this process can serve. */
export interface ReadinessCheck {
  /** Stable, kebab-case: `database`, `event-store`, `projections`. */
  readonly name: string;
  /** The code where it throws, or does not answer in time. */
  readonly failure: string;
  /** Resolves to what is not so; undefined: all is well. What it throws counts as the reason. */
  problem(): Promise<ReadinessProblem | undefined>;
}

export const READINESS = Symbol('Readiness');
