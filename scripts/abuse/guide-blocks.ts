// Reads the code blocks of the guides. The word after a block's language says what happens to it; tests/guide.ts runs
// them.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_DIR } from '../local/project.ts';

export interface Block {
  language: string;
  kind: 'run' | 'file' | 'answer' | 'elsewhere' | 'skip';
  /** The tool that a run needs, or the name of a file. */
  value: string | undefined;
  text: string;
  /** Line of its opening fence in the guide, from 1. */
  line: number;
}

export interface GuideCounts {
  guides: number;
  /** Blocks that a test runs, saves for a later one, or compares with an answer. */
  run: number;
  /** Blocks that are only shown. */
  skipped: number;
}

const DOCS = path.join(PROJECT_DIR, 'docs');
const FENCE = /^( *)```(\S*) ?(.*)\n([\s\S]*?)^\1```$/gm;
const INFO = /^(?:run(?: needs=(?<tool>\w+))?|file=(?<file>[\w.-]+)|(?<kind>answer|elsewhere|skip))$/;

/** Relative to docs/. */
export const listGuides = (): string[] => [
  'answers.md',
  ...readdirSync(path.join(DOCS, 'guides')).map((name) => `guides/${name}`),
];

export const readGuide = (guide: string): string => readFileSync(path.join(DOCS, guide), 'utf8');

/** Throws for a block whose fence does not say what happens to it. */
export function readBlocks(guide: string): Block[] {
  return Array.from(guide.matchAll(FENCE), ({ index, 1: indent, 2: language, 3: info, 4: text }) => {
    const line = guide.slice(0, index).split('\n').length;
    const groups = INFO.exec(info!)?.groups;
    if (groups === undefined) throw new Error(`line ${line}: “${language} ${info}” does not say what happens to it`);
    const { tool, file, kind = file === undefined ? 'run' : 'file' } = groups;
    const lines = text!.split('\n').map((one) => (one.startsWith(indent!) ? one.slice(indent!.length) : one));
    return { language: language!, kind: kind as Block['kind'], value: tool ?? file, text: lines.join('\n'), line };
  });
}

export function countBlocks(guides: readonly string[] = listGuides().map(readGuide)): GuideCounts {
  const blocks = guides.flatMap(readBlocks);
  const skipped = blocks.filter(({ kind }) => kind === 'skip').length;
  return { guides: guides.length, run: blocks.length - skipped, skipped };
}
