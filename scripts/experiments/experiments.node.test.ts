// `npm run experiments` against a server that answers as a Worker does.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { type Experiment, ExperimentInput } from '../../models/contracts/experiment.ts';
import { draftExperiment } from '../../models/experiments/lifecycle.ts';
import { makeExperiment, makeExperimentInput } from '../../tests/experiment.ts';
import { makeReport } from '../../tests/experiment-reports.ts';
import { openWorkerCommand } from '../../tests/run-worker-command.ts';
import { createExperimentsCommand } from './command.ts';
import { formatExperiment } from './format.ts';
import { formatReport } from './format-report.ts';

const draft = draftExperiment(
  'short-pages',
  makeExperimentInput({ audience: { share: 0.2, countries: ['CH', 'AT'] }, endsAt: '2026-06-20T00:00:00Z' }),
);
const stopped: Experiment = {
  ...draft,
  experimentId: 'bold',
  state: 'stopped',
  startedAt: '2026-05-01T08:00:00.000Z',
  stoppedAt: '2026-05-02T09:30:00.000Z',
  stopReason: 'dismissals',
  stoppedVariants: [{ id: 'short', reason: 'dismissal-rate +12%', at: '2026-05-02T09:30:00.000Z' }],
};

const LIFTED = { lift: { 'click-rate': 0.2 } };
const FACTS = {
  madeAt: '2026-05-27T09:30:00.000Z',
  days: ['26', '27'].map((day) => ({
    at: `2026-05-${day}T00:00:00Z`,
    variant: 'short',
    difference: 0.1,
    interval: [0, 0.2],
  })),
  shadows: [{ variant: 'bold', answers: 12, failed: 2, overlap: 0.5, shownValue: 0.5, shadowValue: 0.75 }],
};

async function serve() {
  const requests: string[] = [];
  const answer = (method: string, [, , , id, verb]: string[], body: string): [number, object?] => {
    if (method === 'DELETE') return [204];
    if (id === undefined) return [200, { experiments: [draft, stopped] }];
    if (method === 'PUT') return [200, draftExperiment(id, ExperimentInput.parse(JSON.parse(body)))];
    if (verb === 'report') return [200, { ...makeReport(makeExperiment(), LIFTED), ...FACTS }];
    if (verb === 'start') return [409, { title: 'Conflict', detail: 'The layer “default” has no room.' }];
    return [200, verb === 'stop' || id === 'bold' ? stopped : draft];
  };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    requests.push([request.method, request.url, body].join(' ').trim());
    const [status, answered] = answer(request.method!, request.url!.split('/'), body);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(answered && JSON.stringify(answered));
  });
  const run = await openWorkerCommand(server, createExperimentsCommand);
  return { requests, run };
}

test('lists and shows experiments', async () => {
  const { run } = await serve();
  const lines = (await run('list')).split('\n');
  expect(lines[1]).toMatch(/^short-pages +draft +default +20% +control, short .* 2026-06-20 00:00 *$/);
  expect(lines[2]).toMatch(/^bold +stopped .* 2026-05-01 08:00 +2026-05-02 09:30 *$/);
  const shown = await run('show', 'bold');
  expect(shown).toContain('bold · split · stopped · started 2026-05-01 08:00');
  expect(shown).toContain('stopped 2026-05-02 09:30: dismissals\n');
  expect(shown).toContain('Players: 20% of all, in the layer default, countries CH AT.');
  expect(shown).toContain('  control · 50% · as without the experiment\n  short · 50% · rows ["top-picks"]\n');
  expect(shown).toContain('short was stopped at 2026-05-02 09:30: dismissal-rate +12%');
});

test('reports as text, as JSON, and as one HTML file', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'experiments-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { run } = await serve();
  const html = path.join(folder, 'report.html');
  const text = await run('report', 'short-pages', '--html', html);
  expect(text).toMatch(/^“short” is better\. Clicks per impression: /);
  expect(text).toMatch(/^Players: control \d+, short \d+ \(p /m);
  expect(text).toMatch(/^\* Clicks per impression +all +\d.*% +short +\d.*% +\+/m);
  expect(text).toContain(
    'Shadow “bold”: 12 answers, 2 failed, 50% of the first row the same, expected utility 0.750 against 0.500 shown.',
  );
  const page = readFileSync(html, 'utf8');
  expect(page).toContain('<h1>short-pages</h1>');
  expect(page).toContain('Over time');
});

test('a shadow alone is reported without a ratio of players, and says why it has no expected utility', () => {
  const experiment = makeExperiment({
    variants: [
      { id: 'control', share: 1, isShadow: false },
      { id: 'bold', share: 0, isShadow: true, policy: 'popularity' },
    ],
  });
  const shadow = { variant: 'bold', answers: 1, failed: 0, overlap: 1, shownValue: null, shadowValue: null };
  const text = formatReport(experiment, {
    ...makeReport(experiment),
    madeAt: FACTS.madeAt,
    days: [],
    shadows: [shadow],
  });
  expect(text).not.toContain('Players:');
  expect(text).toContain(
    'Shadow “bold”: 1 answer, 0 failed, 100% of the first row the same, no expected utility without a ranking model.',
  );
});

test('guardrails are listed where they have an effect', () => {
  expect(formatExperiment(draft)).toContain('. Guardrails: ');
  expect(formatExperiment({ ...draft, kind: 'interleaving' })).not.toContain('Guardrails');
});

test('puts a file, also one written by `show --json`; starts, stops and deletes', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'experiments-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (content: string) => {
    const file = path.join(folder, 'experiment.json');
    writeFileSync(file, content);
    return file;
  };
  const { requests, run } = await serve();
  expect(await run('put', write(JSON.stringify(stopped)))).toContain('bold · split · draft');
  const { experimentId: _, ...fields } = draft;
  const sent = JSON.parse(requests[0]!.replace('PUT /v1/experiments/bold ', ''));
  expect(Object.keys(sent).sort()).toEqual(Object.keys(ExperimentInput.shape).sort());
  expect(fields).toMatchObject(sent);
  await expect(run('put', write('{}'))).rejects.toThrow('has no “experimentId”');
  await expect(run('put', write('[1'))).rejects.toThrow('cannot be read');
  await expect(run('start', 'short-pages')).rejects.toThrow('Conflict: The layer “default” has no room.');
  expect(await run('stop', 'bold', 'enough')).toContain('bold · split · stopped');
  expect(await run('delete', 'bold')).toBe('Deleted bold.');
  expect(requests.slice(1)).toEqual([
    'POST /v1/experiments/short-pages/start',
    'POST /v1/experiments/bold/stop {"reason":"enough"}',
    'DELETE /v1/experiments/bold',
  ]);
});
