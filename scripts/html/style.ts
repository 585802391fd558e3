// The style of a report: light and dark, at every width, with a contrast of at least 4.5 for text.

export const STYLE = `
:root { color-scheme: light dark; --page: light-dark(#f6f3f5, #0e0c12); --panel: light-dark(#fff, #18151e);
  --line: light-dark(#d8d0dc, #3a3444); --text: light-dark(#1a1420, #f5f1f7); --muted: light-dark(#5d5368, #aaa2b6);
  --better: light-dark(#0b6b3a, #5fd394); --worse: light-dark(#b8123a, #ff7f94); --open: light-dark(#5d5368, #aaa2b6);
  --accent: light-dark(#4b3f9e, #a99bff);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--text);
  background: var(--page); }
* { box-sizing: border-box; }
body { margin: 0; padding: clamp(16px, 4vw, 48px); }
main { max-width: 1180px; margin: 0 auto; }
h1 { margin: 0; font-size: 1.9rem; letter-spacing: -0.02em; overflow-wrap: anywhere; }
h2 { margin: 2.2rem 0 0.6rem; font-size: 1.2rem; }
h3 { margin: 0; font-size: 1.1rem; }
p { margin: 0.4rem 0; max-width: 72ch; overflow-wrap: anywhere; }
.muted, dt { color: var(--muted); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.verdict h2 { margin: 0; color: var(--tone); }
section.verdict { margin: 1rem 0; padding: 1rem 1.2rem; border-left: 6px solid var(--tone); border-radius: 10px;
  color: var(--text); background: var(--panel); }
.verdict.better { --tone: var(--better); } .verdict.worse, .verdict.harmful, .verdict.void { --tone: var(--worse); }
.verdict.open { --tone: var(--open); }
.scroll { overflow-x: auto; background: var(--panel); border-radius: 10px; }
.scroll:focus-visible { outline: 2px solid var(--accent); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { padding: 0.45rem 0.7rem; text-align: left; vertical-align: middle; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
thead th { font-weight: 600; color: var(--muted); vertical-align: bottom; }
tbody th { font-weight: 600; white-space: normal; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
svg { display: block; }
svg text { fill: var(--muted); font-size: 12px; }
.better { color: var(--better); } .worse { color: var(--worse); } .open { color: var(--open); }
.zero { stroke: var(--muted); stroke-dasharray: 3 3; }
.bar { stroke: currentColor; stroke-width: 4; stroke-linecap: round; }
.raw { stroke: currentColor; stroke-width: 1; }
svg circle, svg path { fill: currentColor; }
.players rect { fill: var(--accent); } .players line { stroke: var(--text); stroke-width: 2; }
.sequence { width: 100%; max-width: 720px; background: var(--panel); border-radius: 10px; }
.band { fill: var(--accent); opacity: 0.25; } .line { fill: none; stroke: var(--accent); stroke-width: 2; }
@media print { body { padding: 0; } .scroll { overflow: visible; } }
`;
