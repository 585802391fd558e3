// Made-up plays for an import.

/** Players of four tastes, each of whom plays the six games of their taste, one a day. CSV: player, game, at. */
export function listPlays(players: number): string {
  const rows = Array.from({ length: 6 * players }, (_, row) => {
    const [player, day] = [Math.floor(row / 6), row % 6];
    const at = new Date(Date.UTC(2026, 2, 1 + day) + player).toISOString();
    return `p${player},taste${player % 4}-game${(day + (player >> 2)) % 6},${at}`;
  });
  return `player,game,at\n${rows.join('\n')}\n`;
}
