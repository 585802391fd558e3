// Lists the source files that the checks of texts read. Generated files and fixtures are exempt.

import { globSync } from 'node:fs';

const SOURCES = '{client,models,scripts,tests,web,workers,prototypes}/**/*.{ts,tsx,css,mjs,html}';
const ROOT_SOURCES = '*.{ts,mjs}';
const EXEMPT = /(^|\/)(node_modules|dist|migrations|fixtures)\//;

export const listSources = (): string[] => globSync([SOURCES, ROOT_SOURCES]).filter((file) => !EXEMPT.test(file));
