import { hostname, networkInterfaces } from 'node:os';

/** Whether a host name or address is one by which this machine knows itself; no name is looked up. */
export const isThisMachine = (host: string): boolean => {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  const own = hostname().toLowerCase();
  if (name === 'localhost' || name === own || name === own.split('.')[0] || /^127\.\d+\.\d+\.\d+$/.test(name) || name === '::1') return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address.toLowerCase() === name) === true);
};
