/** Resolves when every promise that can go on has gone on: for those who move time by hand. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
