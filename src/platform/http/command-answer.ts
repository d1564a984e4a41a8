import type { CommandResult } from '../event-store/command-executor.js';

/** The latest position of one or more results, as answers carry it. */
export const positionOf = (...results: readonly CommandResult[]): string => results.reduce((latest, { position }) => (position > latest ? position : latest), 0n).toString();
