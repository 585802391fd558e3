// Chooses the stores that a command works on: those on this machine, or those of an account. The command's code is the
// same for both.

import path from 'node:path';
import { type LogStores, readVars, withPlatform } from '../local/platform.ts';
import { assertNotServed, findServer } from '../local/state-lock.ts';
import { openRemoteStores } from '../remote/open.ts';

export interface StoreFlags {
  /** The folder of the local stores; those of accounts have a folder in it. */
  state: string;
  remote?: true | undefined;
  /** An environment of the account; without one, the main one. */
  env?: string | undefined;
}

export type OpenStores = LogStores & {
  /** Holds copies of R2's files, and checkpoints. */
  readonly state: string;
};

export interface ChosenStores {
  /** For errors. */
  readonly name: string;
  readonly isRemote: boolean;
  readonly state: string;
  /** The settings of wrangler.toml for the Worker that uses the stores. */
  readVars<Vars extends object>(): Vars;
  /** Throws if a process on this machine serves them: two writers of the local D1 collide. */
  assertWritable(): void;
  /** True if a process on this machine serves them, and exports by itself. */
  isServed(): boolean;
  /** Keeps them open until `run` settles. */
  open<T>(run: (stores: OpenStores) => Promise<T>): Promise<T>;
}

/** Names an account and its stores on stderr. Throws if they cannot be opened. */
export async function chooseStores(flags: StoreFlags): Promise<ChosenStores> {
  if (!flags.remote) return chooseLocal(flags.state);
  const { stores, accountId, configuration } = await openRemoteStores({
    env: process.env,
    environment: flags.env,
    report: console.error,
  });
  const state = path.join(flags.state, 'accounts', accountId, configuration.name);
  return {
    name: `Worker ${configuration.name} of account ${accountId}`,
    isRemote: true,
    state,
    readVars: <Vars extends object>() => configuration.vars as Vars,
    assertWritable() {},
    isServed: () => false,
    open: (run) => run({ ...stores, state }),
  };
}

const chooseLocal = (state: string): ChosenStores => ({
  name: state,
  isRemote: false,
  state,
  readVars,
  assertWritable: () => assertNotServed(state),
  isServed: () => findServer(state) !== undefined,
  open: (run) => withPlatform(state, run),
});
