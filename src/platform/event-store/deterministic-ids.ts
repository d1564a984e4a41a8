import { v5 } from 'uuid';

/** Namespace of every id that Trunkline derives. Never to be changed: repeated commands are recognised by it. */
const NAMESPACE = '5f2ea3b0-9c1d-5b4e-8a77-1d0c6e0f7a11';

/** The same parts give the same UUID, for ever. */
export const deterministicId = (...parts: readonly (string | number)[]): string => v5(parts.join('\u001f'), NAMESPACE);
