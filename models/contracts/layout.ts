// The keys of the R2 bucket, shared by writers and readers. D1 and the Durable Object have their own schemas.

export const RELEASE_POINTER_KEY = 'releases/current.json';
export type ReleaseFileName = 'manifest.json' | 'model.onnx' | 'vocabulary.json' | 'neighbours.bin' | 'ranking.onnx';
export const releaseKey = (version: string, file: ReleaseFileName) => `releases/${version}/${file}`;

export const SNAPSHOT_POINTER_KEY = 'snapshots/current.json';
export const snapshotKey = (version: string, file: string) => `snapshots/${version}/${file}`;
export const TRAINING_DUE_KEY = 'training/due.json';

export const STATISTICS_KEY = 'statistics/current.json';
