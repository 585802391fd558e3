import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { killProcesses } from './npm-run.ts';
import { findProcesses } from './processes.ts';

const importOf = (file: string) => JSON.stringify(pathToFileURL(path.join(import.meta.dirname, file)).href);
const PROGRAM = `
  import { runTogether } from ${importOf('run-together.ts')};
  import { handleSignals } from ${importOf('../scripts/terminal/shutdown.ts')};
  const outcomes = await runTogether(JSON.parse(process.argv[1]), handleSignals(130), Number(process.argv[2]));
  console.log(JSON.stringify(outcomes));`;

/**
 * Starts a process that runs the sources together, in a new folder, which is also their working directory. Its last
 * line is their outcomes.
 */
function startTogether(sources: readonly string[], silenceMs = 120_000) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'together-'));
  const runs = sources.map((source, index) => {
    const script = path.join(folder, `${index}.mjs`);
    writeFileSync(script, source);
    const progress = path.join(folder, `${index}-progress`);
    writeFileSync(progress, '');
    return { script, args: [folder], niceness: index, progress };
  });
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', PROGRAM, JSON.stringify(runs), String(silenceMs)],
    { cwd: folder, env: { ...process.env, MARKER: folder } },
  );
  onTestFinished(() => {
    killProcesses(folder);
    rmSync(folder, { recursive: true });
  });
  const exited = once(child, 'exit').then(([code]) => code as number);
  return { folder, child, exited, stdout: text(child.stdout), stderr: text(child.stderr) };
}

test('the second’s output comes after the first’s, even if the second ends earlier', async () => {
  const first = `
    import { existsSync } from 'node:fs';
    console.log('first begins');
    while (!existsSync('ended')) await new Promise((resolve) => setTimeout(resolve, 20));
    console.log('first ends');`;
  const second = `
    import os from 'node:os';
    import { writeFileSync } from 'node:fs';
    console.log('second, niceness', os.getPriority());
    console.error('its error');
    process.on('exit', () => writeFileSync('ended', ''));
    process.exitCode = 3;`;
  const { exited, stdout, stderr } = startTogether([first, second]);
  expect(await exited).toBe(0);
  // The system's highest niceness is 19.
  const niceness = Math.min(19, os.getPriority() + 1);
  const outcomes = JSON.stringify([{ code: 0 }, { code: 3 }]);
  expect(await stdout).toBe(`first begins\nfirst ends\nsecond, niceness ${niceness}\n${outcomes}\n`);
  expect(await stderr).toBe('its error\n');
});

test.runIf(process.platform === 'linux')(
  'an interrupt ends both, and the processes that they started in groups of their own',
  async () => {
    const script = `
      import { spawn } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      import path from 'node:path';
      spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { detached: true, stdio: 'inherit' }).unref();
      writeFileSync(path.basename(process.argv[1]) + '-started', '');
      setTimeout(() => {}, 60_000);`;
    const { folder, child, exited } = startTogether([script, script]);
    const haveStarted = () => ['0.mjs', '1.mjs'].every((name) => existsSync(path.join(folder, `${name}-started`)));
    await expect.poll(haveStarted).toBe(true);
    child.kill('SIGINT');
    expect(await exited).toBe(130);
    expect(findProcesses(folder)).toEqual([]);
  },
);

test.runIf(process.platform === 'linux')(
  'a script that makes no progress is stopped, even if it is in a loop; one that makes some is not',
  async () => {
    const stuck = `
      import { spawn } from 'node:child_process';
      spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', 'left-behind'], { detached: true });
      for (;;);`;
    const slow = `
      import { appendFileSync } from 'node:fs';
      import { setTimeout as sleep } from 'node:timers/promises';
      for (let step = 0; step < 50; step++) {
        appendFileSync(process.env.TEST_PROGRESS, '.');
        await sleep(300);
      }`;
    const { folder, exited, stdout } = startTogether([stuck, slow], 12_000);
    expect(await exited).toBe(0);
    const [first, second] = JSON.parse(await stdout);
    expect(first.code).toBe(1);
    expect(first.stuck).toContain('0.mjs');
    expect(first.stuck).toContain('left-behind');
    expect(first.stuck).not.toContain('1.mjs');
    expect(second).toEqual({ code: 0 });
    expect(findProcesses(folder)).toEqual([]);
  },
);
