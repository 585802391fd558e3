import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { DataFile } from '../../models/contracts/snapshot.ts';
import { fetchFiles } from './fetch-files.ts';

test('fetches no more files once one is missing', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fetch-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const asked: string[] = [];
  const bucket = {
    async get(key: string) {
      asked.push(key);
      await setImmediate();
      return key === 'f0.parquet' ? null : new Response(key);
    },
  } as unknown as R2Bucket;
  const files = Array.from({ length: 50 }, (_, n): DataFile => {
    const key = `f${n}.parquet`;
    return { key, rows: 1, bytes: key.length, sha256: createHash('sha256').update(key).digest('hex') };
  });
  await expect(fetchFiles(bucket, files, folder)).rejects.toThrow('f0.parquet is missing');
  const begun = asked.length;
  expect(begun).toBeLessThan(10);
  for (let turn = 0; turn < 100; turn++) await setImmediate();
  expect(asked).toHaveLength(begun);
});
