// Times several tasks in turns, so that other load on the machine affects all of them equally.

export interface Ratio {
  median: number;
  min: number;
  max: number;
}

/** Measures each task once per round, in the given order; → milliseconds by task. */
export async function timeInTurns<Name extends string>(
  rounds: number,
  turns: Record<Name, () => Promise<number>>,
  onRound: (round: number) => void,
): Promise<Record<Name, number[]>> {
  const times = Object.fromEntries(Object.keys(turns).map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 1; round <= rounds; round++) {
    for (const name in turns) times[name].push(await turns[name]());
    onRound(round);
  }
  return times;
}

/** Divides our values by the baseline's, round by round. */
export function compareRounds(ours: readonly number[], baseline: readonly number[]): Ratio {
  const ratios = ours.map((value, round) => value / baseline[round]!);
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}

export const formatRatio = ({ median, min, max }: Ratio): string =>
  `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;

export const median = (values: readonly number[]): number => takePercentile(values, 0.5);

/** `share`: from 0 to 1. */
export const takePercentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))]!;
