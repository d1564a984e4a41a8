/** Resolves at the end of this turn of the event loop: every promise that can go on has gone on, and what has arrived is read. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
