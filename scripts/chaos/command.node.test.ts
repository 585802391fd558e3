import { expect, test } from 'vitest';
import { createChaosCommand } from './command.ts';
import { VICTIMS } from './kills.ts';

test('by default, twenty kills hit the Worker’s process, wrangler or both, besides those of the listener', () => {
  const { kills } = createChaosCommand().opts();
  const victims = Array.from({ length: kills }, (_, done) => VICTIMS[done % VICTIMS.length]!);
  expect(victims.filter((victim) => victim !== 'listener').length).toBeGreaterThanOrEqual(20);
  expect(victims).toContain('listener');
});
