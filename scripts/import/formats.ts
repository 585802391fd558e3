// The formats by name: the presets, and `csv` for every other table of interactions.

import { PRESETS, type Preset } from './presets.ts';

/** Its shape depends on --columns: see custom-shape.ts. */
const csv: Preset = {
  summary: 'any other table (CSV, JSON lines, Parquet): say with --columns what its columns hold',
  files: 'any',
  shapes: [],
};

const ALL: Record<keyof typeof PRESETS | 'csv', Preset> = { ...PRESETS, csv };
export type Format = keyof typeof ALL;

export const FORMATS = Object.keys(ALL) as Format[];
export const getPreset = (format: Format): Preset => ALL[format];
