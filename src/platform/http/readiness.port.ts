/** One thing that must be so before this process can serve. */
export interface ReadinessCheck {
  /** Stable, kebab-case: `database`, `event-store`, `projections`. */
  readonly name: string;
  /** Resolves to what is not so, without personal data; undefined: all is well. What it throws counts as the reason. */
  problem(): Promise<string | undefined>;
}

export const READINESS = Symbol('Readiness');
