// The keys of the R2 bucket, shared by writers and readers. D1 and the Durable Object have their own schemas.

export const RELEASES_PREFIX = 'releases/';
export const RELEASE_POINTER_KEY = 'releases/current.json';
/** The canary that a training asks for, until it is started. */
export const CANARY_REQUEST_KEY = 'releases/canary.json';
export type ReleaseFileName =
  | 'manifest.json'
  | 'manifest.sig'
  | 'model.onnx'
  | 'vocabulary.json'
  | 'neighbours.bin'
  | 'ranking.onnx';
export const releaseKey = (version: string, file: ReleaseFileName) => `${RELEASES_PREFIX}${version}/${file}`;

export const SNAPSHOT_POINTER_KEY = 'snapshots/current.json';
/** Everything that a snapshot names lies under it, and nothing else does. */
export const LOG_PREFIX = 'log/';
/** The folders are named as Hive partitions, which query engines read. */
export const eventsKey = (day: string, shard: number, [first, last]: readonly [number, number], digest: string) =>
  `${LOG_PREFIX}events/day=${day}/${shard}-${first}-${last}-${digest}.parquet`;
export const slatesKey = (day: string, name: string) => `${LOG_PREFIX}slates/day=${day}/${name}.parquet`;
export const itemsKey = (name: string) => `${LOG_PREFIX}items/${name}.jsonl.gz`;
export const mergesKey = (name: string) => `${LOG_PREFIX}merges/${name}.parquet`;
/** Slates as the queue brought them, until a snapshot has them. */
export const SLATE_BATCHES_PREFIX = 'slate-batches/';
export const TRAINING_DUE_KEY = 'training/due.json';

/** Files of statistics; their names sort by time. */
export const STATISTICS_PREFIX = 'statistics/';

/** Files of the catalogue: the columns of all items, or what has changed. */
export const CATALOGUE_PREFIX = 'catalogue/';
/** `schema`: of the file. The name has it, so that each version can tell which files it can read. */
export const columnsKey = (name: string, schema: number) => `${CATALOGUE_PREFIX}${name}.${schema}.columns`;
export const isColumnsKey = (key: string, schema: number) => key.endsWith(`.${schema}.columns`);
const CHANGES_SUFFIX = '.jsonl.gz';
export const changesKey = (name: string) => `${CATALOGUE_PREFIX}${name}${CHANGES_SUFFIX}`;
export const isChangesKey = (key: string) => key.endsWith(CHANGES_SUFFIX);

/** The published state (published-state.ts). */
export const stateKey = (schema: number) => `state/${schema}.json`;
