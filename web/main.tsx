// Starts the page.

import { render } from 'preact';
import { App } from './app.tsx';
import { moveFocus } from './arrow-keys.ts';
import { guardPresses } from './press-guard.ts';

render(<App />, document.getElementById('app')!);
document.addEventListener('keydown', moveFocus);
guardPresses();
