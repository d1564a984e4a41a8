import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  mount(): { readonly path: string; remove(): void };
}

/** A file system of `kib` KiB of its own (tmpfs); undefined where this user may not mount one. */
export const smallDisk = (kib: number): SmallDisk | undefined => {
  const mount = (): { readonly path: string; remove(): void } => {
    const path = mkdtempSync(join(tmpdir(), 'trunkline-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', path], { stdio: 'ignore' });
    } catch (error) {
      rmdirSync(path);
      throw error;
    }
    return {
      path,
      remove: () => {
        execFileSync('umount', ['-l', path], { stdio: 'ignore' });
        rmdirSync(path);
      },
    };
  };
  try {
    mount().remove();
    return { mount };
  } catch {
    return undefined;
  }
};
