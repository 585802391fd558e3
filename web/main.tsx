// Starts the page.

import { render } from 'hono/jsx/dom';
import { App } from './app.tsx';
import { moveFocus } from './arrow-keys.ts';

render(<App />, document.getElementById('app')!);
document.addEventListener('keydown', moveFocus);
