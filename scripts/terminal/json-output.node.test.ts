import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

test('only the JSON reaches stdout, whatever libraries print there', () => {
  const script = `
    import { reserveStdout } from ${JSON.stringify(path.join(import.meta.dirname, 'json-output.ts'))};
    const printJson = reserveStdout();
    console.log('a warning of a library');
    process.stdout.write('another');
    printJson({ answer: 42 });
    console.log('a late one');`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(JSON.parse(stdout)).toEqual({ answer: 42 });
  expect(stderr).toBe('a warning of a library\nanothera late one\n');
});
