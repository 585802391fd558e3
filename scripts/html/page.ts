// The frame of a report: one HTML file that runs no script and loads nothing from elsewhere.

import { html, type Markup, raw } from './markup.ts';
import { STYLE } from './style.ts';

/** `style`: what the page needs beyond the common style. Returns the file. */
export const renderPage = ({ title, style = '', main }: { title: string; style?: string; main: Markup }): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${raw(STYLE + style)}</style>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`.text;

export const section = (title: string, content: Markup): Markup => html`<section><h2>${title}</h2>${content}</section>`;
