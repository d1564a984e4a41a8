import type { Setting } from './declare.js';

/** A FreeSWITCH that the environment names; see FREESWITCH_NODES. */
export interface NodeUrl {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly password: string;
  readonly deviceAddress: string;
  readonly trunkAddress: string;
  readonly music: string;
  readonly recordingsFolder: string;
}

const parseOne = (value: string): NodeUrl => {
  const shape = 'expected esl://:PASSWORD@HOST:8021/NAME, options device, trunk, music and recordings after a ?';
  if (!value.startsWith('esl://') || !URL.canParse(value)) throw new Error(shape);
  const parsed = new URL(value);
  const name = parsed.pathname.replace(/^\//, '');
  if (name === '' || !/^[A-Za-z0-9._-]{1,64}$/.test(name)) throw new Error(`${shape}; NAME is 1 to 64 letters, digits, dots, dashes`);
  if (parsed.password === '' || parsed.hostname === '') throw new Error(shape);
  const option = (key: string, otherwise: string): string => parsed.searchParams.get(key) ?? otherwise;
  return {
    name,
    host: parsed.hostname,
    port: parsed.port === '' ? 8021 : Number(parsed.port),
    password: decodeURIComponent(parsed.password),
    deviceAddress: option('device', 'user/{user}'),
    trunkAddress: option('trunk', 'sofia/gateway/trunk/{number}'),
    music: option('music', 'local_stream://moh'),
    recordingsFolder: option('recordings', '/var/lib/freeswitch/recordings'),
  };
};

export const nodeUrls = (name: string, meaning: string): Setting<readonly NodeUrl[]> => ({
  name,
  meaning,
  fallback: 'none',
  secret: true,
  parse: (value) => {
    const nodes = (value ?? '').split(',').map((part) => part.trim()).filter((part) => part !== '').map(parseOne);
    const twice = nodes.find((node, index) => nodes.findIndex((other) => other.name === node.name) !== index);
    if (twice !== undefined) throw new Error(`two nodes are called ${twice.name}; every node needs a name of its own`);
    return nodes;
  },
});
