/** Who is to be erased: whoever has a number, or an agent. */
export type PersonNamed = { readonly number: string } | { readonly agentId: string };

/** What read models know of persons. */
export interface PersonRecordings {
  /** Recordings of the calls in which any of these (opaque ids) took part. */
  recordingsOf(tenantId: string, persons: readonly string[]): Promise<string[]>;
}

export const PERSON_RECORDINGS = Symbol('PersonRecordings');
