// Four kinds of test; a file's name says where it runs. `node`: code and commands; the project `pure` has those of code
// without state. `workers`: inside workerd, with real D1, R2, queues and Durable Objects. `e2e` and `browser`: over the
// bundle that `npm run build` made; tests/run.ts runs them beside the others.

import path from 'node:path';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers';
import { type Request, Response } from 'miniflare';
import { defaultExclude, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { makePlainMemoryWasm } from './scripts/build/plain-memory-wasm.ts';
import { readUpstreamWasm } from './scripts/build/write-wasm.ts';
import { makeTokenKey } from './scripts/local/make-token-key.ts';

/**
 * Serves tests inside workerd with what only Node can do, at /models/<kind>?items=<count>, /scores, /shared-memory and
 * /ranker.
 */
async function answerAsTrainer(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === '/ranker') return drawRankingPart();
  if (pathname === '/shared-memory') return scoreInSharedMemory(request);
  return pathname === '/scores'
    ? score(request)
    : drawModel(path.basename(pathname), Number(searchParams.get('items')));
}

/** Draws a model of the kind with random weights. */
async function drawModel(kind: string, items: number): Promise<Response> {
  const { encodeRetrievalModel } = await load<typeof import('./models/algorithms/algorithm.ts')>(
    'models/algorithms/algorithm.ts',
  );
  const { drawModels } = await load<typeof import('./scripts/bench/random-models.ts')>(
    'scripts/bench/random-models.ts',
  );
  const model = drawModels(items).findLast(({ algorithm }) => algorithm === kind)!;
  return new Response(encodeRetrievalModel(model).bytes);
}

/** Draws a ranking model with random weights, and the trainer's probabilities; the file is a list of bytes. */
async function drawRankingPart(): Promise<Response> {
  const { drawRanker } = await load<typeof import('./scripts/bench/random-ranker.ts')>(
    'scripts/bench/random-ranker.ts',
  );
  const { model, ...part } = await drawRanker();
  return new Response(JSON.stringify({ ...part, model: [...model] }));
}

/** Scores with onnxruntime-node, as the trainer does: model and histories in, scores out. */
async function score(request: Request): Promise<Response> {
  const { openScorer } = await load<typeof import('./models/onnx/session.ts')>('models/onnx/session.ts');
  const form = await request.formData();
  const bytes = (name: string) => (form.get(name) as unknown as Blob).arrayBuffer();
  const scorer = await openScorer(new Uint8Array(await bytes('model')), []);
  const scores = await scorer.score({
    batch: Number(form.get('batch')),
    items: new Int32Array(await bytes('items')),
    weights: new Float32Array(await bytes('weights')),
    ages: new Float32Array(await bytes('ages')),
  });
  await scorer.release();
  return new Response(Buffer.from(scores.buffer, scores.byteOffset, scores.byteLength));
}

/** Runs a model as upstream's onnxruntime-web does. */
async function scoreInSharedMemory(request: Request): Promise<Response> {
  const { runInSharedMemory } = await load<typeof import('./tests/run-in-shared-memory.ts')>(
    'tests/run-in-shared-memory.ts',
  );
  const output = await runInSharedMemory((await request.formData()) as unknown as FormData);
  return new Response(Buffer.from(output.buffer, output.byteOffset, output.byteLength));
}

const here = (file: string) => path.join(import.meta.dirname, file);
/** Imports on demand: an error in the module must not stop the tests that do not need it. */
const load = <Module>(file: string): Promise<Module> => import(here(file));
/** As workers/inference/plain-memory.ts imports it. */
const ORT_WASM = './dist/ort-plain-memory.wasm';

/** Tests of whole commands: they take minutes, most of them waiting, and would end long after all others. */
const COMMANDS = /\/scripts\/(chaos|abuse|start|local|log|evaluate|train|deploy|remote|costs)\//;

/** Code without I/O, clock or state: its tests share processes, which saves most of their time. */
const PURE = '{models,workers/recommending}/**/*.node.test.ts';

/** Limits in milliseconds. A busy machine must not fail a test; only one that hangs takes this long. */
const PATIENCE = { testTimeout: 180_000, hookTimeout: 180_000, expect: { poll: { timeout: 60_000 } } };

/** Waits of the product that tests inside workerd lengthen, and their new values. */
const WAITS: Record<string, [wait: string, longer: string]> = {
  '/workers/serving/budget.ts': ['DEADLINE_DEFAULT_MS = 150', 'DEADLINE_DEFAULT_MS = 5_000'],
  '/workers/nearline/hydration.ts': ['WAIT_MS = 60', 'WAIT_MS = 2_000'],
};

/**
 * A plugin that gives requests inside workerd seconds by default, and so the first reading of a player's log: otherwise
 * an answer on a busy machine would lack what came late. Tests of the deadline set their own.
 */
const LONG_WAITS = {
  name: 'long-waits',
  transform(code: string, id: string) {
    const file = Object.keys(WAITS).find((suffix) => id.endsWith(suffix));
    if (file === undefined) return undefined;
    const longer = code.replace(...WAITS[file]!);
    if (longer === code) throw new Error(`${file} has no “${WAITS[file]![0]}” to lengthen`);
    return longer;
  },
};

/** Commands first, then pure code: a process is reused only for the file that comes next. */
class CommandsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) =>
      COMMANDS.test(moduleId) ? 0 : project.name === 'pure' ? 1 : 2;
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig(async () => {
  const migrations = await readD1Migrations(here('migrations'));
  return {
    test: {
      // Every core: the default leaves one free, and the longest tests wait.
      maxWorkers: '100%',
      sequence: { sequencer: CommandsFirst },
      projects: [
        {
          test: {
            name: 'node',
            // Its modules name folders, which only a bundler resolves.
            server: { deps: { inline: ['dt-sql-parser'] } },
            include: ['{models,scripts,workers,tests,client,web}/**/*.node.test.ts'],
            exclude: [...defaultExclude, PURE],
            ...PATIENCE,
          },
        },
        { test: { name: 'pure', include: [PURE], isolate: false, ...PATIENCE } },
        {
          // The pool ships an imported wasm as a list of 14 million numbers; the shim takes it over a service binding.
          resolve: { alias: { [ORT_WASM]: here('tests/ort-wasm-shim.ts') } },
          plugins: [
            LONG_WAITS,
            cloudflareTest({
              wrangler: { configPath: './wrangler.toml' },
              miniflare: {
                bindings: {
                  TEST_MIGRATIONS: migrations,
                  ADMIN_KEY: 'test-admin, test-admin-next',
                  INGEST_KEY: 'test-ingest',
                  READ_KEY: 'test-read',
                  GORSE_API: 'on',
                  MINT_KEY: 'test-mint',
                  TOKEN_KEY_0: makeTokenKey(0, 0),
                  GUESTS: 'on',
                },
                // For tests of a log in several databases; the others have one.
                d1Databases: { TEST_LOG_1: 'test-log-1', TEST_LOG_2: 'test-log-2', TEST_LOG_3: 'test-log-3' },
                queueConsumers: {
                  events: { maxBatchTimeout: 0.05 },
                  slates: { maxBatchTimeout: 0.05 },
                  notifications: { maxBatchTimeout: 0.05, maxRetries: 0 },
                },
                serviceBindings: {
                  TRAINER: (request) => answerAsTrainer(request),
                  ORT_WASM_FILE: () => new Response(makePlainMemoryWasm(readUpstreamWasm())),
                },
              },
            }),
          ],
          test: {
            name: 'workers',
            include: ['workers/**/*.workers.test.ts'],
            setupFiles: ['./tests/apply-migrations.ts'],
            ...PATIENCE,
          },
        },
        {
          test: {
            name: 'e2e',
            include: ['{tests,client}/**/*.{e2e,browser}.test.ts'],
            globalSetup: './tests/start.ts',
            fileParallelism: false,
            ...PATIENCE,
          },
        },
      ],
    },
  };
});
