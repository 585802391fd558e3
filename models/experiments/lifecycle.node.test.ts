import { expect, test } from 'vitest';
import { makeExperimentInput } from '../../tests/experiment.ts';
import { type Experiment, RUNNING_EXPERIMENTS_MAX } from '../contracts/experiment.ts';
import type { Result } from '../contracts/result.ts';
import { changeExperiment, draftExperiment, startExperiment, stopExperiment } from './lifecycle.ts';

const NOW = Date.parse('2026-05-20T12:00:00Z');
const input = makeExperimentInput();
const draft = draftExperiment('short-pages', input);

function unwrap<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
const start = (experiment: Experiment, running: readonly Experiment[] = [], version?: string) =>
  startExperiment(
    experiment,
    running,
    version === undefined ? null : { version, manifestKey: version, manifestSha256: '' },
    NOW,
  );
const startNamed = (
  id: string,
  fields: Parameters<typeof makeExperimentInput>[0],
  others: readonly Experiment[] = [],
) => start(draftExperiment(id, makeExperimentInput(fields)), others);

test('only a draft is replaced as a whole; while it runs, nothing may change that moves players', () => {
  const other = makeExperimentInput({ layer: 'other' });
  expect(unwrap(changeExperiment(draft, other))).toEqual(draftExperiment('short-pages', other));
  const running = unwrap(start(draft));
  const safe = { hypothesis: 'Clicked more often.', endsAt: '2027-01-01T00:00:00Z', guardrails: [] };
  expect(unwrap(changeExperiment(running, { ...input, ...safe }))).toEqual({ ...running, ...safe });
  expect(changeExperiment(running, { ...input, ...safe, layer: 'other', primaryMetric: 'plays' })).toEqual({
    ok: false,
    error: expect.stringMatching(/ but not layer, primaryMetric\.$/),
  });
  const variants = [input.variants[0]!, { ...input.variants[1]!, settings: { rows: null } }];
  expect(changeExperiment(running, { ...input, variants }).ok).toBe(false);
  const stopped = unwrap(stopExperiment(running, 'enough', NOW + 1_000));
  expect(stopped).toEqual({
    ...running,
    state: 'stopped',
    stoppedAt: '2026-05-20T12:00:01.000Z',
    stopReason: 'enough',
  });
  expect(changeExperiment(stopped, input).ok).toBe(false);
  for (const refused of [start(running), start(stopped), stopExperiment(stopped, 'again', NOW)])
    expect(refused.ok).toBe(false);
});

test('experiments of a layer get slices side by side; one that does not fit is refused', () => {
  const first = unwrap(startNamed('a', { audience: { share: 0.7 } }));
  expect(first).toMatchObject({ state: 'running', startedAt: '2026-05-20T12:00:00.000Z', slice: { from: 0, to: 0.7 } });
  const second = unwrap(startNamed('b', { audience: { share: 0.3 } }, [first]));
  expect(second.slice).toEqual({ from: 0.7, to: 1 });
  expect(startNamed('c', { audience: { share: 0.1 } }, [first, second])).toMatchObject({
    error: expect.stringContaining('no room'),
  });
  expect(unwrap(startNamed('c', { layer: 'other' }, [first, second])).slice).toEqual({ from: 0, to: 1 });
  expect(unwrap(startNamed('c', { audience: { share: 0.2 } }, [second])).slice).toEqual({ from: 0, to: 0.2 });
});

test('one that is over, one too many, and one with a second release are not started', () => {
  expect(startNamed('over', { endsAt: '2026-05-20T12:00:00Z' })).toMatchObject({
    error: expect.stringContaining('should have ended'),
  });
  const many = Array.from({ length: RUNNING_EXPERIMENTS_MAX }, (_, index) =>
    unwrap(startNamed(`e${index}`, { layer: `l${index}` })),
  );
  expect(startNamed('one-more', { layer: 'own' }, many)).toMatchObject({ error: expect.stringContaining('already') });
  const canary = unwrap(start(draft, [], 'r2'));
  expect(canary.namedRelease?.version).toBe('r2');
  const own = (id: string) => draftExperiment(id, makeExperimentInput({ layer: id }));
  expect(start(own('third'), [canary], 'r3')).toMatchObject({
    error: expect.stringContaining('serves the release r2'),
  });
  expect(start(own('same'), [canary], 'r2').ok).toBe(true);
  expect(start(own('none'), [canary]).ok).toBe(true);
});
