// Runs a command that calls a Worker, against a server that answers in its place.

import type { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';

interface Command {
  parseAsync(args: readonly string[], options: { from: 'user' }): Promise<unknown>;
}

/** Returns a function that runs the command and returns what it printed. The server ends with the test. */
export async function openWorkerCommand(
  server: ReturnType<typeof createServer>,
  createCommand: () => Command,
): Promise<(...args: string[]) => Promise<string>> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('ADMIN_KEY', 'admin');
  onTestFinished(() => void vi.unstubAllEnvs());
  return async (...args) => {
    const lines: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
    try {
      await createCommand().parseAsync([...args, '--url', url], { from: 'user' });
    } finally {
      log.mockRestore();
    }
    return lines.join('\n');
  };
}
