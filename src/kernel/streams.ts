/** The stream `category-id`; the id may hold any further `-`. */
export const streamOf = (category: string, id: string): string => `${category}-${id}`;

/** Category of a stream: all before the first `-`. */
export const categoryOf = (stream: string): string => {
  const dash = stream.indexOf('-');
  return dash < 0 ? stream : stream.slice(0, dash);
};

/** Id of a stream: all after the first `-`. */
export const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

/** The id `<agent>+<n>` of an agent's n-th shift. */
export const shiftIdOf = (agentId: string, shiftNumber: number): string => `${agentId}+${shiftNumber}`;
