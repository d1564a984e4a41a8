import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MASTER_KEY_FILE } from '../../engine/storage.js';
import type { Setting } from '../../platform/settings/declare.js';
import { SETTINGS, type TrunklineSettings } from '../../settings.js';
import type { Environment } from '../shared/workplace.js';
import type { Report } from './report.js';

const GIB = 1024 ** 3;
const LEAST_FREE = 1 * GIB;

/** A value that may be shown: of an address everything but user and password, of any other secret nothing. */
export const masked = (text: string): string => (text.includes('://') ? text.replace(/:\/\/[^/@,]*@/g, '://***@') : '***');

const shown = ({ name, fallback, secret }: Setting<unknown>, env: Environment): string => {
  const text = env[name]?.trim() ?? '';
  return text === '' ? `not set: ${fallback}` : secret ? masked(text) : text;
};

/** Every setting, secrets masked. */
export const tellConfiguration = (report: Report, env: Environment): void => {
  report.section('Configuration');
  for (const setting of Object.values<Setting<unknown>>(SETTINGS)) report.fact(setting.name, shown(setting, env));
};

/** Room on the disk of the data folder, and where the master key is. */
export const tellDataFolder = async (report: Report, { dataDir, masterKey }: TrunklineSettings): Promise<void> => {
  const folder = resolve(dataDir);
  report.section(`Data folder ${folder}`);
  if (existsSync(folder)) {
    const { bavail, blocks, bsize } = await statfs(folder);
    const [free, size] = [bavail * bsize, blocks * bsize];
    report.fact('free on its disk', `${(free / GIB).toFixed(1)} of ${(size / GIB).toFixed(1)} GiB`);
    if (free < LEAST_FREE) report.problem('disk-short', `only ${(free / GIB).toFixed(2)} GiB are free on the disk of ${folder}`, 'free some space, or move the folder and set TRUNKLINE_DATA_DIR: a full disk stops the database and loses recordings');
  } else {
    report.fact('exists', 'no; the first start makes it');
  }
  if (masterKey !== undefined) report.fact('master key', 'from TRUNKLINE_MASTER_KEY');
  else if (existsSync(join(folder, MASTER_KEY_FILE))) report.fact('master key', `${join(folder, MASTER_KEY_FILE)}; keep a copy elsewhere: without it personal data cannot be read`);
  else report.fact('master key', 'none yet; the first start makes one in the data folder');
};
