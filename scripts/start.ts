// `npm start`: the whole system on this machine. Fills an empty store, serves, trains the first release, and keeps the
// crons and the trainer running until Ctrl-C.

import { createServer } from 'node:net';
import { Cron } from 'croner';
import { CRONS } from '../workers/storage/job-schedule.ts';
import { ensureDevelopmentKey, ensureTokenKey } from './local/development-key.ts';
import { assertNotServed, markServed } from './local/state-lock.ts';
import { startWatchedServer, type WatchedServer } from './local/watched-server.ts';
import { createStartCommand, type Flags } from './start/command.ts';
import { drainQueue } from './start/drain.ts';
import { openPage } from './start/open-page.ts';
import { deleteStore, importInto, prepareStore } from './start/prepare-store.ts';
import { addKey, describeReady } from './start/ready.ts';
import { keepScriptRunning, runScript } from './start/run-script.ts';
import { runCommand } from './terminal/command.ts';
import { handleSignals, type Shutdown } from './terminal/shutdown.ts';

/** Short for a first impression, and longer the larger the data (models/release/budget.ts). */
const TRAINING_BUDGET = 'short';
const WORLD_SEED = 1;
/** Lets games on this machine, such as client/example.html, do without a server of their own. */
const LOCAL_SETTINGS = ['--var', 'GUESTS:on'];

async function start(flags: Flags): Promise<void> {
  const shutdown = handleSignals(0);
  try {
    const { server, key, hasRelease } = await startSystem(flags, shutdown);
    const address = addKey(server.url, key);
    if (flags.open) await openPage(address);
    console.log(describeReady(address, hasRelease));
  } catch (error) {
    // Children ended by the shutdown fail too; that is expected.
    if (!shutdown.started) console.error(`start: ${(error as Error).message}`);
    await shutdown.exit(1);
  }
}

async function startSystem(
  { port, state, fresh, ...flags }: Flags,
  shutdown: Shutdown,
): Promise<{ server: WatchedServer; key: string; hasRelease: boolean }> {
  assertNotServed(state);
  await assertPortIsFree(port);
  if (fresh) deleteStore(state);
  const key = ensureDevelopmentKey(console.log);
  ensureTokenKey(console.log);
  const source = flags.import && { ...flags.import, items: flags.items };
  const eventsBefore = source === undefined ? undefined : await importInto(state, source, shutdown);
  const now = Date.now();
  const world = source === undefined ? { seed: WORLD_SEED, madeAt: flags.worldDate ?? now, now } : undefined;
  const { events, hasItems, hasRelease: hadRelease } = await prepareStore(shutdown, { state, world });
  if (!hasItems)
    console.error('The store has no games: every gallery will be empty until there is a catalogue or an import.');

  shutdown.add(markServed(state));
  const server = await serve(port, state, key, shutdown);
  const hasNewEvents = eventsBefore !== undefined && events > eventsBefore;
  const isTrained = (!hadRelease || hasNewEvents) && (await trainRelease(server, state, shutdown));
  runCrons(server, shutdown);
  keepScriptRunning(shutdown, 'train.ts', ['--state', state, '--budget', TRAINING_BUDGET, '--watch']);
  return { server, key, hasRelease: hadRelease || isTrained };
}

async function serve(port: number, state: string, key: string, shutdown: Shutdown): Promise<WatchedServer> {
  console.log('Starting the Worker …');
  const server = startWatchedServer(port, state, { key, report: console.error, more: LOCAL_SETTINGS });
  shutdown.add(server.stop);
  await server.ready;
  const forgetDrain = shutdown.add(() => drain(server, key, shutdown));
  server.givenUp.then(() => {
    if (shutdown.started) return;
    console.error('The Worker cannot be started again; see wrangler.log in the state folder.');
    forgetDrain();
    shutdown.exit(1);
  });
  return server;
}

/** The crons and the trainer have been stopped by now. */
async function drain({ url }: WatchedServer, key: string, { urgent }: Shutdown): Promise<void> {
  if (urgent) return;
  console.log('Draining: events that were accepted go to the log. Ctrl-C again stops now.');
  if (!(await drainQueue(url, key)))
    console.log('Some are not in the log yet. They are kept, and go there after the next start.');
}

/** Returns whether a release was published. */
async function trainRelease(server: WatchedServer, state: string, shutdown: Shutdown): Promise<boolean> {
  console.log('Computing statistics and exporting a snapshot …');
  for (const cron of CRONS) await server.runCron(cron);
  console.log('Training a release …');
  try {
    await runScript(shutdown, 'train.ts', ['--state', state, '--budget', TRAINING_BUDGET]);
    return true;
  } catch (error) {
    // With too little data, or a model no better than popularity, the store opens anyway.
    console.error(`No new release: ${(error as Error).message}`);
    return false;
  }
}

/** Fires the crons, which `wrangler dev` does not. */
function runCrons(server: WatchedServer, shutdown: Shutdown): void {
  const fire = (cron: string) => server.runCron(cron).catch((error: Error) => console.error(error.message));
  const crons = CRONS.map((cron) => new Cron(cron, () => fire(cron)));
  shutdown.add(() => {
    for (const cron of crons) cron.stop();
  });
}

async function assertPortIsFree(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', () =>
      reject(new Error(`port ${port} is in use: stop the process that listens there, or name another with --port`)),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

await runCommand(createStartCommand().action(start));
