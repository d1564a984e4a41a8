import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RecordingFiles } from './switch/recording-files.port.js';

const SAMPLES_PER_MS = 8;
const HEADER_BYTES = 44;
/** A test listens to nothing: longer recordings are cut. */
const LONGEST_MS = 2_000;

/** WAV of a quiet tone: 8 kHz, 16 bits, mono. */
export const wavOf = (ms: number): Buffer => {
  const samples = Math.min(LONGEST_MS, Math.max(0, Math.floor(ms))) * SAMPLES_PER_MS;
  const wav = Buffer.alloc(HEADER_BYTES + samples * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(8_000, 24);
  wav.writeUInt32LE(16_000, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(samples * 2, 40);
  for (let n = 0; n < samples; n += 1) wav.writeInt16LE(Math.round(1_000 * Math.sin((2 * Math.PI * 440 * n) / 8_000)), HEADER_BYTES + n * 2);
  return wav;
};

/** Real files, in folders that exist; elsewhere nothing is written, as by a switch without the right to. */
export const wavFiles: RecordingFiles = {
  write: (path, ms) => {
    if (existsSync(dirname(path))) writeFileSync(path, wavOf(ms));
  },
};
