/** The operator's own tenant: media nodes, operators' keys, and calls to numbers that nobody owns. It is never created and always there. */
export const SYSTEM_TENANT = 'system';
