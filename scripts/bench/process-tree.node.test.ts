import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { watchTree } from './process-tree.ts';

test.runIf(process.platform === 'linux')(
  'memory and processor time are those of all processes below one, together',
  async () => {
    // Each of the two processes holds 200 MB, works for two seconds of processor time and says how much it used in all;
    // the parent outlives the child.
    const script = `
      const { spawnSync } = require('node:child_process');
      const bytes = Buffer.alloc(200 * 1024 * 1024, 1);
      if (process.argv[1] === 'parent')
        spawnSync(process.execPath, ['-e', process.env.SCRIPT, 'child'], { stdio: 'inherit' });
      const readSeconds = () => Object.values(process.cpuUsage()).reduce((sum, micros) => sum + micros / 1e6, 0);
      while (readSeconds() < 2);
      process.exitCode = bytes[0] - 1;
      process.on('exit', () => process._rawDebug(readSeconds()));`;
    const root = spawn('sh', ['-c', '"$0" -e "$SCRIPT" parent; true', process.execPath], {
      env: { ...process.env, SCRIPT: script },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const end = watchTree(root.pid!);
    const [used] = await Promise.all([text(root.stderr!), once(root, 'exit')]);
    const { peakMB, peakByProgram, cpuSeconds } = end();
    expect(peakMB).toBeGreaterThan(400);
    expect(peakMB).toBeLessThan(1_000);
    expect(peakByProgram).toEqual({ node: peakMB });
    // What a process uses after its last sample is not seen: little, unless the machine is busy.
    const [child, parent] = used.trim().split('\n').map(Number);
    expect(cpuSeconds).toBeGreaterThan((child! + parent!) / 2);
    expect(cpuSeconds).toBeLessThan(child! + parent! + 0.5);
  },
);
