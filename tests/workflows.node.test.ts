// Reads the files for GitHub Actions and for the “Deploy to Cloudflare” button, and runs their shell scripts with a
// stand-in for npm. GitHub itself is not asked; .github/workflows/check.yml runs actionlint there.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseYaml } from '@redocly/openapi-core';
import { expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { createDeployCommand } from '../scripts/deploy/command.ts';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { createTrainCommand } from '../scripts/train/command.ts';

interface Step {
  uses?: string;
  run?: string;
  env?: Record<string, string>;
}
interface Job {
  uses?: string;
  'runs-on'?: string;
  'timeout-minutes'?: number;
  environment?: string;
  concurrency?: object;
  steps?: Step[];
}
interface Workflow {
  permissions: Record<string, string>;
  concurrency?: object;
  jobs: Record<string, Job>;
}

const FOLDER = path.join(PROJECT_DIR, '.github/workflows');
const PINNED = /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/;
/** Commands whose flags a workflow passes. */
const COMMANDS = { deploy: createDeployCommand, train: createTrainCommand };

const workflows = readdirSync(FOLDER).map((file) => {
  const text = readFileSync(path.join(FOLDER, file), 'utf8');
  return { file, text, workflow: parseYaml(text) as Workflow };
});
const listJobs = () =>
  workflows.flatMap(({ file, workflow }) => Object.values(workflow.jobs).map((job) => ({ file, workflow, job })));
const listSteps = () => listJobs().flatMap(({ file, job }) => (job.steps ?? []).map((step) => ({ file, job, step })));
const findScript = (file: string, command: string): string =>
  listSteps().find(({ file: own, step }) => own === file && step.run?.includes(command))!.step.run!;

it('a workflow may only read the repository, and each of its jobs ends and has its turn', () => {
  expect(workflows.map(({ file }) => file)).toEqual(['check.yml', 'deploy.yml', 'train.yml']);
  for (const { file, workflow } of workflows) expect(workflow.permissions, file).toEqual({ contents: 'read' });
  for (const { file, workflow, job } of listJobs()) {
    if (job.uses !== undefined) continue;
    expect(job, file).toMatchObject({ 'runs-on': 'ubuntu-24.04', 'timeout-minutes': expect.any(Number) });
    expect(job.concurrency ?? workflow.concurrency, file).toBeDefined();
  }
});

it('a check cancels no other workflow’s, nor that of a deployment to another environment', () => {
  const { workflow } = workflows.find(({ file }) => file === 'check.yml')!;
  for (const part of ['github.workflow', 'github.event.inputs.environment', 'github.ref'])
    expect(workflow.concurrency).toMatchObject({ group: expect.stringContaining(`\${{ ${part} }}`) });
});

it('actions of others are pinned to a commit, whose version stands beside it', () => {
  for (const { file, job } of listJobs())
    if (job.uses !== undefined) expect(existsSync(path.join(PROJECT_DIR, job.uses)), `${file}: ${job.uses}`).toBe(true);
  for (const { file, step } of listSteps()) {
    if (step.uses === undefined) continue;
    expect(step.uses, file).toMatch(PINNED);
    const { text } = workflows.find((one) => one.file === file)!;
    expect(text, file).toMatch(new RegExp(`uses: ${step.uses} # v\\d+\\.\\d+\\.\\d+\n`));
  }
});

it('a script is valid, calls scripts of package.json with flags that they have, and contains no expression', () => {
  for (const { file, step } of listSteps()) {
    if (step.run === undefined) continue;
    // GitHub writes an expression's value into the script: a branch's name could be a command.
    expect(step.run, file).not.toContain('${{');
    expect(spawnSync('bash', ['-n'], { input: step.run, encoding: 'utf8' }).stderr, step.run).toBe('');
    for (const [, name] of step.run.matchAll(/npm run (?:-s )?([\w-]+)/g))
      expect(Object.keys(packageJson.scripts), file).toContain(name);
  }
  for (const [name, create] of Object.entries(COMMANDS)) {
    const known = create().options.map(({ long }) => long);
    const used = [...findScript(`${name}.yml`, `npm run ${name}`).matchAll(/--[a-z]+/g)].map(([flag]) => flag);
    expect(used.length, name).toBeGreaterThan(0);
    expect(known, name).toEqual(expect.arrayContaining(used));
  }
});

it('secrets reach only the step that needs them, in an environment of their own', () => {
  for (const { file, job, step } of listSteps()) {
    const hasSecret = Object.values(step.env ?? {}).some((value) => value.includes('secrets.'));
    expect(hasSecret, `${file}: ${step.run ?? step.uses}`).toBe(/npm run (deploy|train) /.test(step.run ?? ''));
    if (hasSecret) expect(job.environment, file).toContain('production');
  }
  for (const { file, text } of workflows)
    expect(text.match(/secrets\./g)?.length ?? 0, file).toBe(
      listSteps()
        .filter((one) => one.file === file)
        .flatMap(({ step }) => Object.values(step.env ?? {}))
        .filter((value) => value.includes('secrets.')).length,
    );
});

/** Runs a script as GitHub does. `exitCode`: of the stand-in for npm, which prints its arguments. */
function runScript(script: string, environment: string, exitCode = 0): { status: number | null; output: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'bloodstream-'));
  writeFileSync(path.join(folder, 'npm'), `#!/bin/sh\necho "npm $*"\nexit ${exitCode}\n`, { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env.PATH}`, ENVIRONMENT: environment };
  const { status, stdout } = spawnSync('bash', ['-e', '-c', script], { env, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return { status, output: stdout };
}

it('production is the store’s main environment; a failing command fails the job', () => {
  const deploy = findScript('deploy.yml', 'npm run deploy');
  expect(runScript(deploy, 'production')).toEqual({ status: 0, output: 'npm run deploy --\n' });
  expect(runScript(deploy, 'staging')).toEqual({ status: 0, output: 'npm run deploy -- --env staging\n' });
  expect(runScript(deploy, 'staging', 1).status).toBe(1);
  const train = findScript('train.yml', 'npm run train');
  expect(runScript(train, 'production')).toEqual({ status: 0, output: 'npm run train -- --remote\n' });
  expect(runScript(train, 'staging').output).toBe('npm run train -- --remote --env staging\n');
  expect(runScript(train, 'production', 1).status).toBe(1);
});

it('a release that the gate refuses does not fail the nightly training', () => {
  const refused = runScript(findScript('train.yml', 'npm run train'), 'production', 3);
  expect(refused).toMatchObject({ status: 0, output: expect.stringContaining('::notice::') });
});

it('the button describes bindings that exist, and asks for secrets without offering any', () => {
  const read = (file: string) => readFileSync(path.join(PROJECT_DIR, file), 'utf8');
  const secrets = [...read('.dev.vars.example').matchAll(/^(\w+)=(.*)$/gm)];
  // A value would be the key of every store whose owner keeps it.
  expect(secrets.map(([, name, value]) => [name, value])).toEqual([['ADMIN_KEY', '']]);
  // Those that stand for something that the button creates.
  const created = /^\[\[[\w.]+\]\]\nbinding = "(\w+)"$/gm;
  const bindings = Array.from(read('wrangler.toml').matchAll(created), ([, binding]) => binding!);
  expect(Object.keys(packageJson.cloudflare.bindings).sort()).toEqual(['ADMIN_KEY', ...bindings].sort());
});
