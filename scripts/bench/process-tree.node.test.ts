import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { watchTree } from './process-tree.ts';

test.runIf(process.platform === 'linux')(
  'memory and processor time are those of all processes below one, together',
  async () => {
    // Each of the two processes holds 200 MB and works for two seconds; the parent outlives the child.
    const script = `
      const bytes = Buffer.alloc(200 * 1024 * 1024, 1);
      if (process.argv[1] === 'parent')
        require('node:child_process').spawnSync(process.execPath, ['-e', process.env.SCRIPT, 'child']);
      for (const end = Date.now() + 2_000; Date.now() < end; );
      process.exitCode = bytes[0] - 1;`;
    const root = spawn('sh', ['-c', '"$0" -e "$SCRIPT" parent; true', process.execPath], {
      env: { ...process.env, SCRIPT: script },
    });
    const end = watchTree(root.pid!);
    await once(root, 'exit');
    const { peakMB, peakByProgram, cpuSeconds } = end();
    expect(peakMB).toBeGreaterThan(400);
    expect(peakMB).toBeLessThan(1_000);
    expect(peakByProgram).toEqual({ node: peakMB });
    // Less than a second each on a machine whose cores are busy.
    expect(cpuSeconds).toBeGreaterThan(0.5);
    expect(cpuSeconds).toBeLessThan(6);
  },
  60_000,
);
