// Leads the process group of one command, and ends all of it when the command ends or the parent does, however the
// parent ends. Started by guarded-process.ts alone; arguments: a Node script and its arguments.

import { spawn } from 'node:child_process';

const child = spawn(process.execPath, process.argv.slice(2), { stdio: ['ignore', 'inherit', 'inherit'] });

const endGroup = () => process.kill(-process.pid, 'SIGKILL');

// The signals are for the command; this process stays until the command has ended.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// The channel closes with the parent, even after a SIGKILL.
process.on('disconnect', endGroup);
// The command may have ended without ending its own children.
child.once('exit', (exitCode) => process.send!({ exitCode }, endGroup));
