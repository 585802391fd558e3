import { expect, it } from 'vitest';
import { HashedTable } from './hashed-table.ts';
import { PackedTable } from './packed-table.ts';
import { createRng } from './rng.ts';

const createTable = () => new PackedTable({ cells: new Uint16Array(0), ends: new Uint32Array(0) });

it('numbers strings as they come, and finds each again, also in a table that was taken over', () => {
  const random = createRng('packed table');
  const draw = () =>
    String.fromCodePoint(
      ...Array.from({ length: Math.floor(4 * random()) }, () => [97, 98, 228, 0x1f3ae][Math.floor(4 * random())]!),
    );
  let table = createTable();
  let hashed = new HashedTable(new Float64Array(0));
  const numbers = new Map<string, number>();
  for (let step = 0; step < 3_000; step++) {
    const text = step % 10 === 0 ? `word ${Math.floor(2_000 * random())}` : draw();
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    expect([table.add(text), hashed.add(text)]).toEqual([number, number]);
    expect([table.length, hashed.length]).toEqual([numbers.size, numbers.size]);
    if (step % 500 !== 0) continue;
    const { cells, ends } = table.units;
    hashed = new HashedTable(hashed.hashes.slice(0, hashed.length));
    table = new PackedTable({ cells: cells.slice(), ends: ends.slice(0, table.length) });
  }
  expect(numbers.size).toBeGreaterThan(300);
});
