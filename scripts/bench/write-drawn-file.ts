// The process that draws the file of `npm run bench -- scale`. Arguments: path, number of events, number of games.
// Memory does not grow with the events.

import { closeSync, openSync, writeSync } from 'node:fs';
import { createRandom } from '../../models/data/random.ts';
import { drawHistories, nameOne } from './draw-interactions.ts';

const SEED = 1;
const MEAN_LENGTH = 20;
/** Players whose events alternate: the file is sorted neither by player nor by time. */
const PLAYERS_AT_ONCE = 10_000;
const RATED_SHARE = 0.2;
const BUFFER_BYTES = 1_000_000;
/** The drawn year, and the time after it, must be in the past when the file is imported. */
const EARLIER_MS = 4 * 365 * 86_400_000;

const [, , file, events, items] = process.argv;
const random = createRandom(SEED, 'file');
const histories = drawHistories({ items: Number(items), meanLength: MEAN_LENGTH }, SEED);
let players = 0;
const takePlayer = () => ({ userId: nameOne('u', players++), next: 0, history: histories.next().value });
const active = Array.from({ length: PLAYERS_AT_ONCE }, takePlayer);

function drawLine(): string {
  const at = random.below(active.length);
  const player = active[at]!;
  const { userId, next, history } = player;
  if (++player.next === history.items.length) active[at] = takePlayer();
  const rating = random.chance(RATED_SHARE) ? (1 + random.below(10)) / 2 : undefined;
  const time = Math.round((history.timestamps[next]! - EARLIER_MS) / 1000);
  return `${userId},${nameOne('g', history.items[next]!)},${rating ? 'rate' : 'play'},${rating ?? ''},${time}\n`;
}

const output = openSync(file!, 'w');
let text = 'user_id,item_id,event_type,rating,timestamp\n';
for (let written = 0; written < Number(events); written++) {
  text += drawLine();
  if (text.length < BUFFER_BYTES) continue;
  writeSync(output, text);
  text = '';
}
writeSync(output, text);
closeSync(output);
