/** A pool of connections as it is now. */
export interface PoolFigures {
  /** Connections that are open, in use or not. */
  readonly open: number;
  readonly idle: number;
  /** Who waits for a connection. */
  readonly waiting: number;
  /** Most connections. */
  readonly limit: number;
}
