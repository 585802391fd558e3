// `npm run bench`: prints measurements, each beside a baseline from the same run. The measurements are in
// scripts/bench/, which loads only what the named bench needs: it is slow to load.

import { availableParallelism } from 'node:os';
import { createCommand, runCommand } from './terminal/command.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { jsonOption, parseWholeNumber } from './terminal/options.ts';
import { handleSignals, INTERRUPTED, type Shutdown } from './terminal/shutdown.ts';

const log = (message: string) => console.error(message);

const bench = createCommand(
  'bench',
  'Measures Bloodstream on this machine, each figure beside a baseline.',
).addHelpText(
  'after',
  `
Examples:
  npm run bench -- inference
  npm run -s bench -- serving --json`,
);

bench
  .command('serving')
  .description(
    'Recommendations, gallery and ingest against a bare Hono route with one Durable Object call, in workerd alone: ' +
      'throughput under load, latency without; memory, cold start, bundle size. Five runs of each, medians, ratios ' +
      'run by run. Takes three minutes.',
  )
  .addOption(jsonOption())
  .action(async ({ json }) => {
    const [{ benchServing }, { formatServing }] = await Promise.all([
      import('./bench/serving.ts'),
      import('./bench/format-serving.ts'),
    ]);
    await measure(json, () => benchServing(log), formatServing);
  });

bench
  .command('compose')
  .description(
    'Composing a page and a list of twenty in Node, for players with a history of 128 games, with the ranking ' +
      "model's features but without its inference; by size of the catalogue. Then where the time of a page goes. " +
      'Takes a minute.',
  )
  .option('--items <numbers>', 'games of the catalogue, separated by commas', '5000,20000,100000')
  .addOption(jsonOption())
  .action(async ({ json, items }) => {
    const { benchCompose, formatCompose } = await import('./bench/compose.ts');
    const sizes = items.split(',').map(parseWholeNumber(1));
    await measure(json, () => benchCompose(sizes, log), formatCompose);
  });

bench
  .command('cold')
  .description(
    'An isolate that has read nothing, in workerd, by size of the catalogue: its first gallery and its first search, ' +
      'its memory with the release, and its memory after each of ten new catalogues and releases. Needs ' +
      '`npm run build`; takes ten minutes.',
  )
  .option('--items <numbers>', 'games of the catalogue, separated by commas', '5000,20000,100000')
  .option('--swaps <n>', 'new catalogues and releases', parseWholeNumber(0), 10)
  .addOption(jsonOption())
  .action(async ({ json, items, swaps }) => {
    const { benchCold, formatCold } = await import('./bench/cold.ts');
    const sizes = items.split(',').map(parseWholeNumber(1));
    await measure(json, () => benchCold(sizes, swaps, log), formatCold);
  });

bench
  .command('bulk')
  .description(
    'Galleries in bulk, in workerd alone: how many an hourly run makes a second, and how long an online gallery ' +
      'takes meanwhile, beside the calm server. Takes two minutes.',
  )
  .option('--players <n>', 'active players', parseWholeNumber(1), 2_000)
  .option('--items <n>', 'games of the catalogue', parseWholeNumber(1), 20_000)
  .option('--events <n>', 'events of each player', parseWholeNumber(1), 40)
  .addOption(jsonOption())
  .action(async ({ json, ...options }) => {
    const { benchBulk, formatBulk } = await import('./bench/bulk.ts');
    await measure(json, () => benchBulk(options, log), formatBulk);
  });

bench
  .command('overload')
  .description(
    'Two hundred galleries and as many ingests at once, in workerd alone: how late galleries are compared with the ' +
      'same server when calm, what is shed, whether acknowledged events are lost, and how the server answers a ' +
      'second later. Medians of five bursts. Takes two minutes.',
  )
  .addOption(jsonOption())
  .action(async ({ json }) => {
    const { benchOverload, formatOverload } = await import('./bench/overload.ts');
    await measure(json, () => benchOverload(log), formatOverload);
  });

bench
  .command('inference')
  .description(
    'One forward pass of each kind of model over the items, and of the ranking model over 400 candidates, in ' +
      'workerd and in onnxruntime-node on one thread. Random weights; nine rounds of each, medians. Takes three ' +
      'minutes.',
  )
  .option('--items <n>', 'games of the catalogue', parseWholeNumber(1), 20_000)
  .option('--shared-memory', 'also measure onnxruntime in shared memory in workerd, as upstream builds it')
  .addOption(jsonOption())
  .action(async ({ json, items, sharedMemory }) => {
    const [{ benchInference }, { formatInference }] = await Promise.all([
      import('./bench/inference.ts'),
      import('./bench/format-inference.ts'),
    ]);
    await measure(
      json,
      () => benchInference(items, sharedMemory ? ['plain', 'shared'] : ['plain'], log),
      formatInference,
    );
  });

bench
  .command('training')
  .description(
    "A step of sasrec against the same step in PyTorch, and EASE's inverse against numpy's, on the same numbers and " +
      'with as many threads. In turns, medians, ratios round by round. Takes ten minutes and 4 GB. Needs python3 ' +
      'with torch and numpy (on Debian python3-torch python3-numpy libopenblas0-pthread); missing ones are left out.',
  )
  .option('--threads <n>', 'threads on both sides', parseWholeNumber(1), availableParallelism())
  .addOption(jsonOption())
  .action(async ({ json, threads }) => {
    const [{ benchTraining }, { formatTraining }] = await Promise.all([
      import('./bench/training.ts'),
      import('./bench/format-training.ts'),
    ]);
    await measure(json, () => benchTraining(threads, log), formatTraining);
  });

bench
  .command('search')
  .description(
    'A training on drawn interactions of any number, within the budget of `npm start`: which algorithms have a ' +
      'model, what they take, and the peak memory. Two million interactions take two minutes.',
  )
  .option('--users <n>', 'players', parseWholeNumber(1), 200_000)
  .option('--items <n>', 'games', parseWholeNumber(1), 20_000)
  .option('--interactions <n>', 'drawn; repeated ones count once', parseWholeNumber(1), 2_600_000)
  .option('--algorithms <names>', 'auto, or some, separated by commas', 'auto')
  .option('--budget <seconds>', 'default: as in `npm start`', parseWholeNumber(1))
  .addOption(jsonOption())
  .action(async ({ json, budget, ...options }) => {
    const { benchSearch, formatSearch } = await import('./bench/search.ts');
    const given = budget === undefined ? ('short' as const) : 1000 * budget;
    await measure(json, () => benchSearch({ ...options, budget: given }, log), formatSearch);
  });

bench
  .command('reading')
  .description(
    'Reading a log of drawn events for training, in one process per size: time and peak memory. A million events ' +
      'take half a minute, ten million five minutes.',
  )
  .option('--events <numbers>', 'sizes of the log, separated by commas', '1000000,3000000,10000000')
  .addOption(jsonOption())
  .action(async ({ json, events }) => {
    const { benchReading, formatReading } = await import('./bench/reading.ts');
    const sizes = events.split(',').map(parseWholeNumber(1));
    await measure(json, () => benchReading(sizes, log), formatReading);
  });

bench
  .command('scale')
  .description(
    'Every step from a file to a query, for any number of events: draw, import, count, archive as Parquet, trim from ' +
      'D1, compact, train and query. Each step runs its command or job in its own processes. Measures time, rows a ' +
      'second and peak memory, workerd included. A million events take five minutes and 1 GB of disk. Needs Linux.',
  )
  .option('--events <n>', 'events in the file', parseWholeNumber(1), 1_000_000)
  .option('--items <n>', 'games', parseWholeNumber(1), 20_000)
  .option('--budget <duration>', 'time limit of the training, as for `npm run train`', '60s')
  .addOption(jsonOption())
  .action(async ({ json, ...options }) => {
    const { benchScale, formatScale } = await import('./bench/scale.ts');
    await measure(json, (shutdown) => benchScale(options, shutdown, log), formatScale);
  });

bench
  .command('log')
  .description(
    'Events a second that the queue’s consumer writes to one of the log’s databases, beside rows a second in a table ' +
      'without an index. 100,000 events take half a minute.',
  )
  .option('--events <n>', 'events to write', parseWholeNumber(1), 100_000)
  .addOption(jsonOption())
  .action(async ({ json, events }) => {
    const { benchLog, formatLog } = await import('./bench/log.ts');
    await measure(json, () => benchLog(events, log), formatLog);
  });

bench
  .command('page')
  .description(
    'The page in a real browser, over a server that `npm start` runs: from a click on a game to the first frame that ' +
      'answers it, and to the changed gallery. Takes a minute, and leaves forty-five clicks in that server’s store. ' +
      'Needs chromium.',
  )
  .option('--url <url>', 'address of the server', 'http://localhost:8787')
  .addOption(jsonOption())
  .action(async ({ json, url }) => {
    const { benchPage, formatPage } = await import('./bench/page.ts');
    const { findKey } = await import('./local/find-key.ts');
    await measure(json, () => benchPage(url, findKey(url), log), formatPage);
  });

bench
  .command('planet')
  .description(
    'A thousand isolates at fifty locations that follow the published state for ten minutes, in this process, with a ' +
      'simulated clock: calls of D1 and R2 a second, what requests wait for, and how old answers are. Then galleries ' +
      'in workerd, far from D1 and R2 or from the player’s object. Needs `npm run build`; takes four minutes.',
  )
  .option('--isolates <n>', 'isolates', parseWholeNumber(1), 1_000)
  .option('--locations <n>', 'Cloudflare locations', parseWholeNumber(1), 50)
  .option('--seconds <n>', 'simulated time', parseWholeNumber(1), 600)
  .option('--delay-ms <n>', 'delay of every call of D1 and R2', parseWholeNumber(0), 300)
  .option('--object-ms <n>', 'delay of every call of a player’s object', parseWholeNumber(0), 150)
  .addOption(jsonOption())
  .action(async ({ json, objectMs, ...options }) => {
    const [{ benchPlanet, formatPlanet }, { benchFar, formatFar }] = await Promise.all([
      import('./bench/planet.ts'),
      import('./bench/far.ts'),
    ]);
    await measure(
      json,
      async () => ({
        simulation: await benchPlanet(options, log),
        workerd: await benchFar(options.delayMs, objectMs, log),
      }),
      ({ simulation, workerd }) => `${formatPlanet(simulation)}\n\n${formatFar(workerd)}`,
    );
  });

bench
  .command('rollback')
  .description(
    'Goes back to the previous release, there and back again, with `npm run releases`, while players in several ' +
      'isolates ask for galleries, in workerd: answers that fail, are empty or without the model, and how long ' +
      'isolates follow the release before. Needs `npm run build`; takes three minutes.',
  )
  .option('--isolates <n>', 'isolates with the same stores', parseWholeNumber(1), 4)
  .option('--players <n>', 'players of each isolate', parseWholeNumber(1), 4)
  .option('--rollbacks <n>', 'rollbacks', parseWholeNumber(1), 6)
  .option('--items <n>', 'games of the catalogue', parseWholeNumber(500), 5_000)
  .addOption(jsonOption())
  .action(async ({ json, ...options }) => {
    const { benchRollback, formatRollback } = await import('./bench/rollback.ts');
    await measure(json, () => benchRollback(options, log), formatRollback);
  });

bench
  .command('statistics')
  .description(
    'The statistics job over logs of 10,000 to a million events, each run with 1,000 new ones, against one query ' +
      'over the whole log. Five runs of each, medians of processor time in SQLite. Takes a minute and 1 GB.',
  )
  .addOption(jsonOption())
  .action(async ({ json }) => {
    const { benchStatistics, formatStatistics } = await import('./bench/statistics.ts');
    await measure(json, () => benchStatistics([10_000, 100_000, 1_000_000], log), formatStatistics);
  });

bench
  .command('experiments')
  .description(
    'The statistics of experiments on simulated players: how often reports that are read 200 times raise a false ' +
      'alarm, what they find and after how many players, and interleaving against a split. Takes five minutes.',
  )
  .option('--simulations <n>', 'of each experiment without an effect', parseWholeNumber(40), 2_000)
  .addOption(jsonOption())
  .action(async ({ json, simulations }) => {
    const [{ benchExperiments }, { formatExperiments }] = await Promise.all([
      import('./bench/experiments.ts'),
      import('./bench/format-experiments.ts'),
    ]);
    await measure(json, async () => benchExperiments(simulations, log), formatExperiments);
  });

async function measure<Report>(
  json: true | undefined,
  run: (shutdown: Shutdown) => Promise<Report>,
  format: (report: Report) => string,
): Promise<void> {
  const shutdown = handleSignals(INTERRUPTED);
  const printJson = json ? reserveStdout() : undefined;
  const report = await run(shutdown);
  if (printJson) printJson(report);
  else console.log(`\n${format(report)}`);
}

await runCommand(bench);
// onnxruntime's threads and open connections would keep the process alive.
process.exit();
