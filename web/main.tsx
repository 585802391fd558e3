// Starts the page.

import { render } from 'preact';
import { App } from './app.tsx';
import { moveFocus } from './browser/arrow-keys.ts';
import { guardPresses } from './browser/press-guard.ts';

render(<App />, document.getElementById('app')!);
document.addEventListener('keydown', moveFocus);
guardPresses();
