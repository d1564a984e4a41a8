/** What a key may do; `operator` may do everything for every tenant, `admin` everything for its own. */
export const SCOPES = ['operator', 'admin', 'calls:write', 'calls:read', 'agents:write', 'reports:read', 'audit:read', 'persons:erase'] as const;
export type Scope = (typeof SCOPES)[number];

/** Whether a key with the scopes `held` may do what needs any one of `needed`. */
export const allows = (held: readonly Scope[], needed: readonly Scope[]): boolean =>
  held.includes('operator') || needed.some((scope) => held.includes(scope) || (scope !== 'operator' && held.includes('admin')));
