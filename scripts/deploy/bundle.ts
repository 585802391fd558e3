// Builds once what is uploaded, and identifies it by a digest, so that a deployment without a change uploads nothing.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_DIR } from '../local/project.ts';
import { type Configuration, locate } from './configuration.ts';
import type { Wrangler } from './run-wrangler.ts';

/** Written by wrangler beside the Worker's modules, and not uploaded. */
const NOT_UPLOADED = /(^README\.md|\.map)$/;
/** Cloudflare keeps it as the version's tag. */
const DIGEST_LENGTH = 24;

export interface Bundle {
  /** The file for wrangler: it names the modules and the static files. */
  configFile: string;
  digest: string;
}

/** `folder`: empty; the bundle stays there. */
export async function buildBundle(configuration: Configuration, folder: string, wrangler: Wrangler): Promise<Bundle> {
  const buildFile = path.join(folder, 'build.json');
  const { build } = configuration;
  writeFileSync(
    buildFile,
    JSON.stringify({ ...locate(configuration, PROJECT_DIR), ...(build && { build: { ...build, cwd: PROJECT_DIR } }) }),
  );
  const modules = path.join(folder, 'modules');
  await wrangler(['deploy', '--dry-run', '--outdir', modules, '--config', buildFile]);
  return describeBundle(configuration, folder, modules);
}

/** `modules`: the folder of the built Worker, with index.js. */
export function describeBundle(configuration: Configuration, folder: string, modules: string): Bundle {
  const { build: _, ...located } = locate(configuration, PROJECT_DIR);
  const configFile = path.join(folder, 'deploy.json');
  writeFileSync(configFile, JSON.stringify({ ...located, main: path.join(modules, 'index.js'), no_bundle: true }));
  const hash = createHash('sha256').update(JSON.stringify(configuration));
  for (const directory of [modules, located.assets.directory])
    for (const file of listFiles(directory))
      hash.update(`\n${file}\n`).update(readFileSync(path.join(directory, file)));
  return { configFile, digest: hash.digest('hex').slice(0, DIGEST_LENGTH) };
}

const listFiles = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !NOT_UPLOADED.test(entry.name))
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort();
