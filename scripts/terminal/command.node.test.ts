import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { expect, test } from 'vitest';
import { createEvaluateCommand } from '../evaluate/command.ts';
import { createImportCommand } from '../import/command.ts';
import { DEFAULT_STATE_DIR } from '../local/project.ts';
import { createSimulateCommand } from '../simulate/command.ts';
import { createStartCommand } from '../start/command.ts';
import { createTrainCommand } from '../train/command.ts';
import { createCommand } from './command.ts';

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [path.resolve(import.meta.dirname, '..', script), ...args], { encoding: 'utf8' });

/** Returns what the command prints on stderr for wrong flags. */
function complain(command: CommandUnknownOpts, args: string[]): string {
  let printed = '';
  command.configureOutput({
    writeErr: (text) => {
      printed += text;
    },
  });
  expect(() => command.parse(args, { from: 'user' })).toThrow();
  return printed;
}

const COMMANDS = {
  evaluate: createEvaluateCommand,
  train: createTrainCommand,
  import: createImportCommand,
  simulate: createSimulateCommand,
  start: createStartCommand,
} satisfies Record<string, () => CommandUnknownOpts>;

test.each<[keyof typeof COMMANDS, string[], string]>([
  ['evaluate', ['a', 'b'], 'too many arguments'],
  ['evaluate', ['--format', 'xml', 'a'], 'Allowed choices are movielens, steam-200k, steam-recommendations, recbole, '],
  ['evaluate', ['--protocol', 'random', 'a'], 'Allowed choices are leave-one-out, temporal, '],
  ['evaluate', ['--budget', '10', 'a'], 'Write a duration like 90s, 10m or 1h, or short or full'],
  ['evaluate', ['--seed', '1.5', 'a'], 'Give a whole number, 0 or more'],
  ['evaluate', ['--seed=', 'a'], 'Give a whole number, 0 or more'],
  ['evaluate', ['--device', 'tpu', 'a'], 'Allowed choices are cpu, cuda'],
  ['evaluate', ['--algorithms', 'guess', 'a'], 'There is no algorithm “guess”'],
  ['train', ['--bogus'], "unknown option '--bogus'"],
  ['train', ['--sed', '3'], "unknown option '--sed' (Did you mean --seed?)"],
  ['train', ['--budget'], "option '--budget <duration>' argument missing"],
  ['train', ['--state', '--json'], "option '--state <dir>' needs a value, not '--json'"],
  ['import', [], "missing required argument 'path'"],
  ['import', ['--columns', 'user=u', 'file'], 'Give user=… and item=…'],
  ['import', ['--columns', 'user=u,item=i,age=a', 'file'], '“age” is none of user, item, time, value, type'],
  ['import', ['--types', 'star=loved', 'file'], '“loved” is none of impression, '],
  ['import', ['--rating-scale', '10-1', 'file'], 'Give MIN-MAX, such as 1-10'],
  ['import', ['--format', 'jsonl', '--limit', '0', 'file'], 'Give a whole number, 1 or more'],
  ['simulate', ['--players', '1'], 'Give a whole number from 2 to 3000'],
  ['start', ['--port', '65536'], 'Give a whole number from 1 to 65535'],
  ['start', ['--import', 'csv:'], 'Give PATH or FORMAT:PATH'],
  ['start', ['--world-date', '2026-13-01'], 'Give a day as YYYY-MM-DD'],
])('%s %j: one line names the mistake', (name, args, message) => {
  const printed = complain(COMMANDS[name](), args);
  expect(printed).toContain(message);
  expect(printed).toMatch(/^\w+: [^\n]+[^.\n]; see --help\n$/);
});

test('a subcommand refuses a flag in place of a value, too; with =, or as an argument after --, it is a value', () => {
  const list = createCommand('keys', 'Keys.');
  const add = list.command('add').argument('[name]').option('--note <text>').option('--json');
  expect(() => list.parse(['add', '--note', '--json'], { from: 'user' })).toThrow("needs a value, not '--json'");
  list.parse(['add', '--note=--json', '--', '--note'], { from: 'user' });
  expect(add.opts()).toEqual({ note: '--json' });
  expect(add.args).toEqual(['--note']);
});

test('flags are typed and have defaults', () => {
  const evaluate = createEvaluateCommand();
  evaluate.parse(['--algorithms', 'ease', '--budget', '90s', 'a'], { from: 'user' });
  expect(evaluate.args).toEqual(['a']);
  const { algorithms, ...flags } = evaluate.opts();
  expect(algorithms.map(({ name }) => name)).toEqual(['popularity', 'ease']);
  expect(flags).toEqual({
    ...{ protocol: 'leave-one-out', budget: 90_000, seed: 1, device: 'cpu' },
    state: DEFAULT_STATE_DIR,
  });
  // The log of the store.
  expect(createEvaluateCommand().parse([], { from: 'user' }).args).toEqual([]);
  for (const [given, budget] of [
    [[], 'full'],
    [['--budget', 'short'], 'short'],
  ] as const)
    expect(createTrainCommand().parse(given, { from: 'user' }).opts().budget).toBe(budget);
  const start = createStartCommand();
  start.parse(['--import', 'jsonl:a:b', '--no-open', '--world-date', '2026-05-20'], { from: 'user' });
  expect(start.opts()).toMatchObject({
    import: { format: 'jsonl', path: 'a:b' },
    open: false,
    port: 8787,
    worldDate: Date.UTC(2026, 4, 20, 12),
  });
});

test('a command prints its help, bench without a name too, and exits with 2 on wrong flags', () => {
  const bench = run('bench.ts');
  expect(bench.stdout + bench.stderr).toMatch(/^Usage: npm run bench -- .*serving.*inference.*training/s);
  expect(bench.status).toBe(0);
  const training = run('bench.ts', 'training', '--help');
  expect(training.stdout).toMatch(/^Usage: npm run bench -- training .*--threads <n>.*--json/s);
  const build = run('build.ts', '--bogus');
  expect(build).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining("unknown option '--bogus'") });
  expect(run('token-key.ts', '--url', 'games.example')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Give an address such as https://'),
  });
  expect(run('experiments.ts', 'put', 'missing.json')).toMatchObject({
    status: 1,
    stderr: 'experiments: no such file or folder: missing.json\n',
  });
  expect(run('bench.ts', 'surfing')).toMatchObject({ status: 2, stderr: expect.stringContaining('surfing') });
});

test('a command that has failed ends, although something that it began goes on', () => {
  const script = `
    import { createCommand, runCommand } from ${JSON.stringify(path.join(import.meta.dirname, 'command.ts'))};
    await runCommand(createCommand('probe', 'Fails.').action(() => {
      setInterval(() => {}, 1_000);
      throw new Error('no store');
    }));`;
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 60_000 });
  expect(ran).toMatchObject({ status: 1, stdout: '', stderr: 'probe: no store\n' });
});
