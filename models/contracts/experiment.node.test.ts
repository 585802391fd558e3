// Tests of the contract of experiments: what parses, and what is refused with which reason.

import { expect, test } from 'vitest';
import { ExperimentInput, ShortId } from './experiment.ts';

const input = {
  hypothesis: 'Less alike games are clicked more.',
  variants: [
    { id: 'control', share: 0.5 },
    { id: 'diverse', share: 0.5, settings: { similarityWeight: 0.8 } },
  ],
};

const refuse = (change: object): string[] => {
  const { error } = ExperimentInput.safeParse({ ...input, ...change });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
};

test('the defaults complete an experiment', () => {
  const { kind, layer, audience, guardrails, primaryMetric, variants } = ExperimentInput.parse(input);
  expect({ kind, layer, audience, primaryMetric }).toEqual({
    kind: 'split',
    layer: 'default',
    audience: { share: 1 },
    primaryMetric: 'click-rate',
  });
  expect(guardrails).toHaveLength(6);
  expect(variants[0]).toEqual({ id: 'control', share: 0.5, isShadow: false });
});

test('ids are plain, and those of canaries are with the versions of their releases', () => {
  for (const id of ['short-pages', '2', 'v1.2_b', 'constructor', 'canary-20260521T120000Z-blend-77aa01c2'])
    expect(ShortId.safeParse(id).success, id).toBe(true);
  for (const id of ['', '__proto__', '.', '..', '-a', 'a:b', 'a,b', 'a b', 'a/b', 'ä', '"', 'a\n', 'a'.repeat(65)])
    expect(ShortId.safeParse(id).success, id).toBe(false);
});

test('ten tenths add up to 1', () => {
  const variants = Array.from({ length: 5 }, (_, n) => ({ id: `v${n}`, share: [0.1, 0.2, 0.3, 0.3, 0.1][n] }));
  expect(refuse({ variants })).toEqual([]);
});

test('a variant that cannot be is refused with its reason', () => {
  const [control, diverse] = input.variants;
  expect(refuse({ variants: [control, { ...diverse, share: 0.4 }] })).toEqual([
    'variants must have shares that add up to 1, not 0.9',
  ]);
  expect(refuse({ variants: [control, { ...diverse, id: 'control' }] })).toEqual(['variants must have different ids']);
  expect(refuse({ variants: [control, { ...diverse, settings: { similarity: 1 } }] })).toHaveLength(1);
  expect(refuse({ variants: [control, { ...diverse, settings: { similarityWeight: 2 } }] })).toHaveLength(1);
  expect(refuse({ variants: [control, diverse, { id: 'shadow', share: 0.1, isShadow: true }] })).toContain(
    'variants.2.share must be 0 for a shadow, and only there',
  );
  expect(
    refuse({
      variants: [
        { ...control, release: 'a' },
        { ...diverse, release: 'b' },
      ],
    }),
  ).toEqual(['variants must name one release at most: an isolate holds two']);
  expect(
    refuse({ kind: 'interleaving', variants: [...input.variants, { id: 'shadow', isShadow: true }, control] }),
  ).not.toEqual([]);
  expect(refuse({ startsAt: '2026-02-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' })).toEqual([
    'endsAt must be after startsAt',
  ]);
});
