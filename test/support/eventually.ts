/** Waits until `condition` holds. There is no limit of its own: a test that waits in vain ends by the runner's. */
export const eventually = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};
