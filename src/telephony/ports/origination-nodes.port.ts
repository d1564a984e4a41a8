export interface OriginationNode {
  readonly nodeId: string;
  /** Dial string of a number outside; `{number}` is replaced. */
  readonly trunkAddress: string;
}

/** Chooses the media node on which a call of our own starts. */
export interface OriginationNodes {
  /** The first node that is connected and reconciled; undefined where there is none. */
  choose(): Promise<OriginationNode | undefined>;
}

export const ORIGINATION_NODES = Symbol('OriginationNodes');
