// Runs the snippets of a guide as its reader would, in one shell, against a running Worker. The word after a block's
// language says what happens to it:
//
//   ```sh run             runs; variables stay for the next block. `needs=go`: only in a run with this tool
//   ```ts file=mint.ts    is saved under that name, for a later block to run
//   ```json answer        is what the block before it prints; `…` stands for any text and, in a list, for any elements
//   ```text answer        the same, for text
//   ```js elsewhere       runs in a test of its own, since it needs a Worker with other settings
//   ```sh skip            is only shown: it needs an account, or runs for minutes

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Block, readBlocks } from '../scripts/abuse/guide-blocks.ts';
import { PROJECT_DIR } from '../scripts/local/project.ts';

const RUN_TIMEOUT_MS = 150_000;
/** The URLs that guides name: the Worker of `npm start`, and a receiver of webhooks. */
const WORKER = /\blocalhost:8787\b/g;
/** A command that calls the Worker of `npm start` unless told otherwise, up to its subcommand. */
const COMMAND = /\bnpm run -s (?:experiments|releases) -- [a-z]+/g;
const RECEIVER_PORT = /\b8788\b/g;
/** Part of every problem. A guide must not show a request that fails without saying so. */
const PROBLEM = '"/docs#problem-';

export const isInstalled = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;

/** Lists the tools that blocks of a guide need. */
export const listTools = (guide: string): string[] => [
  ...new Set(readBlocks(guide).flatMap(({ kind, value }) => (kind === 'run' && value !== undefined ? [value] : []))),
];

export interface Surroundings {
  /** URL of the Worker that takes the calls. */
  url: string;
  /** A free port, for a guide that receives webhooks. */
  receiverPort: number;
  /** Also runs the blocks that need this tool. */
  tool?: string;
}

export interface GuideRun {
  /** Failures; empty if everything is as the guide says. */
  faults: string[];
  /** Number of blocks that ran. */
  ran: number;
}

export async function runGuide(guide: string, { url, receiverPort, tool }: Surroundings): Promise<GuideRun> {
  const aim = (text: string) => aimAtWorker(text, url).replace(RECEIVER_PORT, String(receiverPort));
  const blocks = readBlocks(guide).map((block) => ({ ...block, text: aim(block.text) }));
  const folder = mkdtempSync(path.join(os.tmpdir(), 'guide-'));
  try {
    const work = makeWorkFolder(folder);
    const runs = blocks.filter(({ kind, value }) => kind === 'run' && (value === undefined || value === tool));
    for (const { kind, value, text } of blocks) if (kind === 'file') writeFileSync(path.join(work, value!), text);
    const failure = await runShell(runs, work, folder);
    const faults = runs.flatMap((block, index) => {
      const file = path.join(folder, `${index}.out`);
      // A block after one that failed.
      if (!existsSync(file)) return [];
      const next = blocks[blocks.indexOf(block) + 1];
      return checkOutput(block, readFileSync(file, 'utf8'), next?.kind === 'answer' ? next : undefined);
    });
    return { faults: [...faults, ...failure], ran: runs.length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Replaces the Worker of `npm start` with the one at `url` in a block of shell. */
export const aimAtWorker = (text: string, url: string): string =>
  text.replace(WORKER, new URL(url).host).replace(COMMAND, `$& --url ${url}`);

/** A folder that looks like the repository, so that the files a guide saves do not land in it. */
function makeWorkFolder(folder: string): string {
  const work = mkdtempSync(path.join(folder, 'work-'));
  for (const name of readdirSync(PROJECT_DIR)) symlinkSync(path.join(PROJECT_DIR, name), path.join(work, name));
  return work;
}

/** Runs the blocks in one shell; the output of block n goes to the file n.out. Returns the shell's failures. */
async function runShell(runs: readonly Block[], work: string, folder: string): Promise<string[]> {
  const body = runs.map(({ text }, index) => `{\n${text}} >${folder}/${index}.out`);
  // What a guide leaves running ends with its shell.
  const script = ['set -euo pipefail', "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", ...body].join('\n');
  const child = spawn('bash', ['-c', script], {
    cwd: work,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: RUN_TIMEOUT_MS,
    env: { ...process.env, PATH: `${PROJECT_DIR}/node_modules/.bin:${process.env.PATH}` },
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code === 0) return [];
  const last = runs.findLast((_, index) => existsSync(path.join(folder, `${index}.out`)));
  return [`line ${last?.line}: the shell ended with ${code}\n${errors}`];
}

/** Returns the faults of a block: an answer that is not as shown, or a problem that the guide does not show. */
export function checkOutput(block: Block, output: string, answer: Block | undefined): string[] {
  if (answer === undefined)
    return output.includes(PROBLEM) ? [`line ${block.line}: a problem that the guide does not show\n${output}`] : [];
  const isAsShown =
    answer.language === 'json'
      ? matchesJson(JSON.parse(answer.text), parseJson(output))
      : matchesText(answer.text.trim(), output.trim());
  return isAsShown ? [] : [`line ${answer.line}: the answer is not as shown, but\n${output}`];
}

/** Undefined if the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const ANY = '…';

/** True if every field shown has its value; fields not shown may have any value. */
export function matchesJson(shown: unknown, actual: unknown): boolean {
  if (shown === ANY) return actual !== undefined;
  if (typeof shown === 'string') return typeof actual === 'string' && matchesText(shown, actual);
  if (Array.isArray(shown)) return Array.isArray(actual) && matchesList(shown, actual);
  if (typeof shown !== 'object' || shown === null) return shown === actual;
  if (typeof actual !== 'object' || actual === null) return false;
  return Object.entries(shown).every(([name, value]) => matchesJson(value, actual[name as keyof typeof actual]));
}

function matchesList([first, ...others]: readonly unknown[], actual: readonly unknown[]): boolean {
  if (first === undefined) return actual.length === 0;
  if (first === ANY)
    return matchesList(others, actual) || (actual.length > 0 && matchesList([first, ...others], actual.slice(1)));
  return actual.length > 0 && matchesJson(first, actual[0]) && matchesList(others, actual.slice(1));
}

function matchesText(shown: string, actual: string): boolean {
  const parts = shown.split(ANY).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`).test(actual);
}
