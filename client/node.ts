// For Node: keeps events in a file, which one process may use at a time.

import { readFile, rename, writeFile } from 'node:fs/promises';
import type { EventStore, KeptEvent } from './store.ts';

/** The file's folder must exist. A file that is not a list of events counts as empty. */
export function openFileStore(path: string): EventStore {
  let writing: Promise<void> = Promise.resolve();
  let isDirty = false;
  const kept = new Map<string, KeptEvent>();
  const reading = readKept(path).then((events) => {
    for (const one of events) if (!kept.has(one.event.id)) kept.set(one.event.id, one);
  });
  const writeFresh = async () => {
    await reading;
    if (!isDirty) return;
    isDirty = false;
    // If the process is killed meanwhile, the old file stays intact.
    await writeFile(`${path}.new`, JSON.stringify([...kept.values()]));
    await rename(`${path}.new`, path);
  };
  /** Changes made during a write share the next one. */
  const write = (): Promise<void> => {
    isDirty = true;
    writing = writing.catch(() => {}).then(writeFresh);
    return writing;
  };
  return {
    async read() {
      await reading;
      return [...kept.values()];
    },
    put(events) {
      for (const one of events) kept.set(one.event.id, one);
      return write();
    },
    async remove(ids) {
      await reading;
      for (const id of ids) kept.delete(id);
      return write();
    },
  };
}

async function readKept(path: string): Promise<KeptEvent[]> {
  try {
    const events: unknown = JSON.parse(await readFile(path, 'utf8'));
    return Array.isArray(events) ? events.filter((one) => typeof one?.event?.id === 'string') : [];
  } catch {
    return [];
  }
}
