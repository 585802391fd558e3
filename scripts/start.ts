// `npm start`: the whole system on this machine. Loads players and games if there are none, serves, trains the first
// release, keeps the crons and the trainer going, and ends everything with Ctrl-C.

import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Cron } from 'croner';
import { JOBS } from '../workers/offline/jobs.ts';
import { readPointer } from '../workers/storage/releases.ts';
import { ensureDevelopmentKey } from './local/development-key.ts';
import { startLocalServer } from './local/local-server.ts';
import { DEFAULT_STATE_DIR, withPlatform } from './local/platform.ts';
import { assertNotServed, markServed } from './state-lock.ts';
import { loadWorld } from './world/load.ts';

const HELP = `Starts Bloodstream on this machine: http://localhost:8787

  npm start                                    a made-up store of some 2,000 games and 3,000 players
  npm start -- --import sequences:PATH [--items PATH]
                                               real data instead; the formats are those of npm run import

  --port N      where to listen (8787)
  --state DIR   where the data is kept (.wrangler/state)
  --fresh       throw that data away first
  --no-open     do not open the browser
`;
const WORLD_SEED = 1;
/** Enough for the made-up store, and little enough for a first look; `npm run train` takes its time. */
const TRAINING_BUDGET = '20s';
const TRAINER_RESTART_MS = 10_000;

const flags = readFlags();
const say = (message: string) => console.log(message);

/** What must end before this process does. */
const endings: (() => Promise<void> | void)[] = [];
let ending = false;

async function end(exitCode: number): Promise<never> {
  // Another Ctrl-C meanwhile waits for the same end.
  if (ending) return new Promise(() => {});
  ending = true;
  for (const stop of endings.reverse()) await stop();
  process.exit(exitCode);
}

async function main(): Promise<void> {
  if (flags.help) return say(HELP);
  const port = Number(flags.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error('--port takes a number from 1 to 65535');
  const state = path.resolve(flags.state);
  const [format, file] = splitImport(flags.import);
  assertNotServed(state);
  await assertPortIsFree(port);
  if (flags.fresh)
    for (const name of ['v3', 'wrangler.log']) rmSync(path.join(state, name), { recursive: true, force: true });
  ensureDevelopmentKey(say);

  // Before the server starts: two processes must not write to the local D1 at once.
  let grown = false;
  if (format !== undefined) {
    const before = await assertNotTheWorld(state);
    const items = flags.items === undefined ? [] : ['--items', flags.items];
    await runScript('import.ts', ['--format', format, file!, ...items, '--state', state]);
    grown = (await lastSequence(state)) > before;
  }
  const hasRelease = await prepareStores(state, format === undefined);
  endings.push(markServed(state));

  say('Starting the Worker …');
  const server = await startLocalServer(port, state);
  endings.push(() => server.stop());
  server.ended.then(() => {
    if (ending) return;
    console.error('The Worker has ended by itself; see wrangler.log in the state folder.');
    end(1);
  });

  if (!hasRelease || grown) {
    say('Computing statistics and exporting a snapshot …');
    for (const cron of Object.keys(JOBS)) await server.runCron(cron);
    say('Training the first release …');
    // Too little data, or a model no better than popularity: the store opens all the same, and the trainer waits for more.
    await runScript('train.ts', ['--state', state, '--budget', TRAINING_BUDGET]).catch((error: Error) =>
      console.error(`No release yet: ${error.message}`),
    );
  }
  keepRunning(server.runCron, state);
  if (flags.open) openBrowser(server.url);
  say(`ready ${server.url}`);
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        import: { type: 'string' },
        items: { type: 'string' },
        port: { type: 'string', default: '8787' },
        state: { type: 'string', default: DEFAULT_STATE_DIR },
        fresh: { type: 'boolean', default: false },
        open: { type: 'boolean', default: true },
        help: { type: 'boolean', default: false },
      },
      allowNegative: true,
    }).values;
  } catch (error) {
    console.error(`start: ${(error as Error).message}\n\n${HELP}`);
    process.exit(1);
  }
}

function splitImport(value: string | undefined): [string, string] | [] {
  if (value === undefined) return [];
  const colon = value.indexOf(':');
  if (colon < 1) throw new Error('--import takes FORMAT:PATH, such as sequences:data/sequences.txt');
  return [value.slice(0, colon), value.slice(colon + 1)];
}

async function assertPortIsFree(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', () =>
      reject(new Error(`port ${port} is in use: end what listens there, or take another with --port`)),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

const readLastSequence = async (db: D1Database): Promise<number> =>
  (await db.prepare('select max(sequence) as n from events').first<number>('n')) ?? 0;

/** How far the log has grown. */
const lastSequence = (state: string): Promise<number> => withPlatform(state, ({ DB }) => readLastSequence(DB));

/** Real data and the made-up world do not mix. Returns how far the log has grown. */
const assertNotTheWorld = (state: string): Promise<number> =>
  withPlatform(state, async ({ DB: db }) => {
    const items = await db.prepare('select 1 from items limit 1').first();
    const imported = await db.prepare('select 1 from imports limit 1').first();
    if (items !== null && imported === null)
      throw new Error(
        'this store holds other games: throw them away with --fresh, or take another folder with --state',
      );
    return readLastSequence(db);
  });

/** Creates the tables and, if the store is empty, the made-up world. Returns whether a release is published already. */
const prepareStores = (state: string, worldIfEmpty: boolean): Promise<boolean> =>
  withPlatform(state, async ({ DB, BUCKET }) => {
    const empty = (await DB.prepare('select 1 from items limit 1').first()) === null;
    if (empty && worldIfEmpty) {
      say('Making a store: games, players and 90 days of what they did …');
      await loadWorld(DB, WORLD_SEED, Date.now(), say);
    }
    return (await readPointer(BUCKET)) !== undefined;
  });

/** Fires the crons, which `wrangler dev` does not, and leaves a trainer waiting for what they announce. */
function keepRunning(runCron: (cron: string) => Promise<void>, state: string): void {
  const crons = Object.keys(JOBS).map(
    (cron) => new Cron(cron, () => runCron(cron).catch((error: Error) => console.error(error.message))),
  );
  endings.push(() => {
    for (const cron of crons) cron.stop();
  });
  let trainer: ChildProcess;
  const wait = () => {
    trainer = spawnScript('train.ts', ['--state', state, '--budget', TRAINING_BUDGET, '--watch']);
    trainer.once('exit', () => {
      if (!ending) setTimeout(wait, TRAINER_RESTART_MS);
    });
  };
  wait();
  endings.push(() => {
    trainer.kill('SIGTERM');
  });
}

const spawnScript = (script: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [path.join(import.meta.dirname, script), ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });

async function runScript(script: string, args: readonly string[]): Promise<void> {
  const child = spawnScript(script, args);
  const stop = () => {
    child.kill('SIGTERM');
  };
  endings.push(stop);
  const exitCode = await new Promise((resolve) => child.once('exit', resolve));
  // Whoever is ending the process is ending this one too: nothing must follow it.
  if (ending) return new Promise(() => {});
  endings.splice(endings.indexOf(stop), 1);
  if (exitCode !== 0) throw new Error(`${script} ended with exit code ${exitCode}; what it says is above`);
}

function openBrowser(url: string): void {
  const opener = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  // Where there is no desktop there is nothing to open: the line with the address is enough.
  spawn(opener, [url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0));
main().catch((error: Error) => {
  // What fails because everything is being ended is no news.
  if (!ending) console.error(error.message);
  end(1);
});
