// The pictures on drawn covers: one motif per genre, as SVG elements on a canvas of 300 × 400. covers.ts draws the
// frame, sky and light.

import type { DrawnGenre } from '../../models/contracts/cover.ts';

/** The means of a motif: randomness and colours. */
export interface Brush {
  /** Uniform between two numbers, rounded to whole units. */
  between(low: number, high: number): number;
  /** Colours by lightness, 0–100: `main` for the scene, `accent` for what stands out in it. */
  main(lightness: number): string;
  accent(lightness: number): string;
}

type Motif = (brush: Brush) => string;

const times = (count: number, draw: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => draw(index)).join('');
const shape = (points: readonly number[], fill: string, opacity = 1) =>
  `<path d="M${points.join(' ')}z" fill="${fill}"${opacity < 1 ? ` opacity="${opacity}"` : ''}/>`;
const disc = (x: number, y: number, radius: number, fill: string, opacity = 1) =>
  `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}"${opacity < 1 ? ` opacity="${opacity}"` : ''}/>`;
const ring = (x: number, y: number, radius: number, stroke: string, width: number, dashes = '') =>
  `<circle cx="${x}" cy="${y}" r="${radius}" fill="none" stroke="${stroke}"` +
  ` stroke-width="${width}"${dashes && ` stroke-dasharray="${dashes}"`}/>`;
const at = (x: number, y: number, angle: number, radius: number): [number, number] => [
  Math.round(x + radius * Math.cos(angle)),
  Math.round(y + radius * Math.sin(angle)),
];
const stars = ({ between, main }: Brush, count: number, bottom: number) =>
  times(count, () => disc(between(8, 292), between(8, bottom), between(1, 3) / 1.6, main(94), between(4, 9) / 10));

/** Hills or mountains behind one another, the nearest the darkest. */
function ridges({ between, main }: Brush, top: number, count: number, steps: number, rough: number): string {
  return times(count, (layer) => {
    const y = top + (layer * (385 - top)) / count;
    const points = times(steps + 1, (step) => ` ${Math.round((300 * step) / steps)} ${between(y - rough, y + rough)}`);
    return `<path d="M0 400L${points.trim()} 300 400z" fill="${main(46 - (38 * (layer + 1)) / count)}"/>`;
  });
}

const action: Motif = ({ between, main, accent }) => {
  const [x, y] = [between(90, 210), between(130, 230)];
  const rays = times(15, (index) => {
    const angle = (index * Math.PI * 2) / 15 + between(-9, 9) / 60;
    const width = between(3, 11) / 90;
    const fill = index % 4 === 0 ? accent(60) : main(index % 2 ? 62 : 22);
    return shape(
      [...at(x, y, angle, between(20, 60)), ...at(x, y, angle - width, 420), ...at(x, y, angle + width, 420)],
      fill,
      0.75,
    );
  });
  const tilt = between(60, 130);
  return (
    rays +
    shape([0, 320 - tilt, 300, 80 + tilt, 300, 92 + tilt, 0, 366 - tilt], main(97), 0.94) +
    shape([0, 372 - tilt, 300, 100 + tilt, 300, 112 + tilt, 0, 380 - tilt], accent(58))
  );
};

const adventure: Motif = (brush) => {
  const [x, y] = [brush.between(80, 220), brush.between(110, 170)];
  const radius = brush.between(38, 62);
  return (
    disc(x, y, radius + 34, brush.accent(80), 0.16) +
    disc(x, y, radius + 15, brush.accent(80), 0.22) +
    disc(x, y, radius, brush.accent(86)) +
    ridges(brush, 205, 4, brush.between(5, 8), 30)
  );
};

const rolePlaying: Motif = (brush) => {
  const { between, main, accent } = brush;
  const crystals = times(5, (index) => {
    const x = [60, 240, 110, 195, 150][index]! + between(-12, 12);
    const [width, height] = [between(18, 27) + 3 * index, between(90, 125) + 26 * index];
    const [top, shoulder] = [400 - height, 400 - height * 0.74];
    const left = shape(
      [x, top, x - width, shoulder, x - width * 0.7, 400, x, 400],
      index % 2 ? accent(66) : main(52),
      0.95,
    );
    return (
      left + shape([x, top, x + width, shoulder, x + width * 0.7, 400, x, 400], index % 2 ? accent(42) : main(30), 0.95)
    );
  });
  return (
    stars(brush, 9, 200) +
    ring(150, 150, 92, main(84), 1.5) +
    ring(150, 150, between(62, 80), accent(76), 3, `${between(20, 60)} ${between(8, 20)}`) +
    crystals
  );
};

const strategy: Motif = ({ between, main, accent }) => {
  const cells = times(30, (index) => {
    const [column, row] = [index % 5, Math.floor(index / 5)];
    const [x, y] = [Math.round(column * 69 + (row % 2) * 34.5), row * 60 + 50];
    const look = between(0, 11);
    const fill = look === 0 ? accent(58) : look === 1 ? accent(74) : main(18 + look * 3.6);
    return `<use href="#h" x="${x}" y="${y}" fill="${fill}"/>`;
  });
  const road = times(5, (step) => `${step ? 'L' : 'M'}${(step % 2) * 35 + between(1, 3) * 69} ${350 - step * 60}`);
  return (
    '<defs><path id="h" d="M0-37 32-18V18L0 37-32 18V-18z"/></defs>' +
    cells +
    `<path d="${road}" fill="none" stroke="${main(97)}" stroke-width="5"` +
    ' stroke-linejoin="round" stroke-dasharray="1 12" stroke-linecap="round"/>'
  );
};

const shooter: Motif = ({ between, main, accent }) => {
  const [x, y] = [between(115, 185), between(140, 215)];
  const tracers = times(7, () => {
    const [from, height] = [between(0, 300), between(10, 400)];
    return (
      `<path d="M${from} ${height}L${x} ${y}" stroke="${accent(between(55, 82))}"` +
      ` stroke-width="${between(1, 4)}" stroke-dasharray="${between(30, 90)} 400"` +
      ' stroke-linecap="round"/>'
    );
  });
  const arm = times(4, (index) => {
    const angle = (index * Math.PI) / 2;
    return `M${at(x, y, angle, 34).join(' ')}L${at(x, y, angle, 128).join(' ')}`;
  });
  return (
    tracers +
    disc(x, y, 104, main(8), 0.5) +
    ring(x, y, 104, main(92), 3) +
    ring(x, y, 82, accent(62), 9, `${between(40, 110)} ${between(14, 40)}`) +
    ring(x, y, 52, main(80), 2, '3 6') +
    `<path d="${arm}" stroke="${main(95)}" stroke-width="4"/>` +
    disc(x, y, 7, accent(60))
  );
};

const puzzle: Motif = ({ between, main, accent }) => {
  const tiles = times(12, (index) => {
    const [x, y] = [(index % 3) * 100, Math.floor(index / 3) * 100];
    const fill = between(0, 3) ? main(between(30, 78)) : accent(between(54, 76));
    return (
      `<use href="#${between(0, 3) ? 'q' : 'o'}"` +
      ` transform="translate(${x} ${y})rotate(${90 * between(0, 3)} 50 50)" fill="${fill}"/>`
    );
  });
  return (
    '<defs><path id="q" d="M0 0H100A100 100 0 0 1 0 100z"/>' +
    '<path id="o" d="M50 4A46 46 0 1 1 49 4M50 28A22 22 0 1 0 51 28z"/></defs>' +
    tiles
  );
};

const racing: Motif = ({ between, main, accent }) => {
  const [x, y] = [between(90, 210), 200];
  const stripes = times(
    5,
    (index) => `<path d="M0 ${158 + index * 10}H300" stroke="${main(30)}" stroke-width="${2 + index}"/>`,
  );
  const lanes = times(5, (index) => {
    const near = ((index + 0.6) / 5) ** 2;
    const [top, wide] = [y + 190 * near, 1 + 9 * near];
    return shape(
      [x - wide, top, x + wide, top, x + wide * 1.3, top + 40 * near, x - wide * 1.3, top + 40 * near].map(Math.round),
      main(96),
    );
  });
  const edge = between(150, 190);
  return (
    disc(x, 165, between(70, 92), accent(64)) +
    stripes +
    shape([0, y, 300, y, 300, 400, 0, 400], main(14)) +
    times(6, (index) => shape([x, y, -260 + index * 150, 400, -252 + index * 150, 400], accent(55), 0.45)) +
    shape([x - 5, y, x + 5, y, x + edge, 400, x - edge, 400], main(7)) +
    shape([x - 5, y, x - edge, 400, x - edge - 22, 400], accent(62)) +
    shape([x + 5, y, x + edge, 400, x + edge + 22, 400], accent(62)) +
    lanes
  );
};

const simulation: Motif = ({ between, main, accent }) => {
  const blocks = times(9, (index) => {
    const row = [0, 0, 0, 0, 1, 1, 1, 2, 2][index]!;
    const [x, y] = [[0, 100, 200, 300, 50, 150, 250, 100, 200][index]!, 330 + row * 29];
    const height = between(20, 150 - row * 30);
    const colour = between(0, 3) ? main : accent;
    const top = y - height;
    return (
      shape([x - 48, top, x, top + 28, x, y + 90, x - 48, y + 90], colour(40)) +
      shape([x + 48, top, x, top + 28, x, y + 90, x + 48, y + 90], colour(24)) +
      shape([x - 48, top, x, top - 28, x + 48, top, x, top + 28], colour(70))
    );
  });
  return `${disc(between(60, 240), between(70, 120), between(24, 40), accent(88), 0.9)}${blocks}`;
};

const sports: Motif = ({ between, main, accent }) => {
  const [x, y] = [between(110, 220), between(110, 170)];
  const lawn = times(6, (index) =>
    shape(
      [index * 60 - 90, 400, index * 60 - 60, 400, 150 + (index - 2) * 24, 240, 138 + (index - 2) * 24, 240],
      main(48),
      0.6,
    ),
  );
  const flight = times(
    4,
    (index) =>
      '<path' +
      ` d="M${-30 + index * 9} ${390 - index * 13}Q${between(20, 60)} ${y - 20} ${x - 20} ${y + index * 9 - 14}"` +
      ` fill="none" stroke="${index % 2 ? accent(62) : main(90)}" stroke-width="${9 - index * 2}"` +
      ' stroke-linecap="round" opacity=".85"/>',
  );
  const radius = between(46, 62);
  const seams = times(5, (index) => {
    const angle = (index * Math.PI * 2) / 5 + x;
    return `M${at(x, y, angle, radius * 0.36).join(' ')}L${at(x, y, angle, radius).join(' ')}`;
  });
  const patch = Array.from({ length: 5 }, (_, index) => at(x, y, (index * Math.PI * 2) / 5 + x, radius * 0.36)).flat();
  return (
    shape([0, 240, 300, 240, 300, 400, 0, 400], main(28)) +
    lawn +
    `<ellipse cx="150" cy="330" rx="95" ry="34" fill="none" stroke="${main(88)}" stroke-width="4"/>` +
    flight +
    disc(x, y, radius, main(97)) +
    `<path d="${seams}" stroke="${main(20)}" stroke-width="4"/>` +
    shape(patch, main(16)) +
    disc(x + 12, y + 14, radius, main(10), 0.1)
  );
};

const horror: Motif = (brush) => {
  const { between, main, accent } = brush;
  const [x, y] = [between(90, 210), between(95, 150)];
  const trees = times(7, (index) => {
    const [foot, lean] = [index * 48 + between(-14, 14), between(-16, 16)];
    const [top, width] = [between(40, 170), between(5, 12)];
    const branch = (height: number, reach: number) =>
      shape([foot, height, foot + reach, height - 46, foot + 4, height - 12], main(4));
    return (
      shape([foot - width, 400, foot + lean, top, foot + width, 400], main(4)) +
      branch(between(200, 270), between(20, 50)) +
      branch(between(220, 300), -between(20, 50))
    );
  });
  const eye = between(110, 170);
  const eyes = [eye, eye + 26]
    .map((cx) => `<ellipse cx="${cx}" cy="322" rx="7" ry="3.6" fill="${accent(66)}"/>`)
    .join('');
  return (
    disc(x, y, 84, accent(50), 0.14) +
    disc(x, y, between(46, 64), accent(54)) +
    disc(x - 14, y - 10, 9, accent(40), 0.5) +
    disc(x + 16, y + 14, 13, accent(40), 0.4) +
    ridges(brush, 270, 2, 9, 14) +
    trees +
    eyes
  );
};

const platformer: Motif = (brush) => {
  const { between, main, accent } = brush;
  const cloud = (x: number, y: number) =>
    `<path d="M${x} ${y}h76a16 16 0 0 0-16-20a25 25 0 0 0-46-6a17 17 0 0 0-14 26z" fill="${main(97)}" opacity=".85"/>`;
  const steps = times(4, (index) => {
    const [x, y] = [18 + index * 70, between(-16, 16) + 322 - index * 50];
    return (
      `<rect x="${x}" y="${y}" width="56" height="300" rx="5" fill="${main(24)}"/>` +
      `<rect x="${x - 3}" y="${y}" width="62" height="15" rx="7" fill="${accent(58)}"/>` +
      (between(0, 2) ? ring(x + 28, y - 28, 9, accent(80), 6) : '')
    );
  });
  const hills = times(
    3,
    (index) =>
      `<ellipse cx="${between(10, 290)}" cy="420" rx="${between(110, 170)}"` +
      ` ry="${between(90, 150) - 20 * index}" fill="${main(58 - index * 11)}"/>`,
  );
  return `${cloud(between(10, 60), between(80, 120))}${cloud(between(150, 210), between(50, 90))}${hills}${steps}`;
};

const card: Motif = ({ between, main, accent }) => {
  const pip = between(0, 2);
  const suit = [
    'M0-34 24 0 0 34-24 0z',
    'M0 32C-60-8-22-44 0-16 22-44 60-8 0 32z',
    'M0-34C58 4 24 32 5 16L13 34H-13L-5 16C-24 32-58 4 0-34z',
  ][pip]!;
  const fan = between(11, 17);
  const cards = times(4, (index) => {
    const front = index === 3;
    const turn = Math.round((index - 2.2) * fan);
    return (
      `<g transform="rotate(${turn} 150 430)">` +
      '<rect x="82" y="112" width="136" height="196" rx="14"' +
      ` fill="${front ? main(96) : main(34 + index * 11)}" stroke="${main(10)}"` +
      ' stroke-opacity=".35" stroke-width="3"/>' +
      `<path transform="translate(150 210)${front ? 'scale(1.25)' : ''}" d="${suit}"` +
      ` fill="${front ? accent(48) : main(22)}"/>` +
      (front
        ? `<path transform="translate(102 138)scale(.33)" d="${suit}" fill="${accent(48)}"/>` +
          `<path transform="translate(198 282)scale(-.33)" d="${suit}" fill="${accent(48)}"/>`
        : '') +
      '</g>'
    );
  });
  return `${ring(150, 210, between(140, 165), accent(70), 2, '2 9')}${cards}`;
};

const circles: Motif = ({ between, main, accent }) =>
  times(7, (index) =>
    disc(between(20, 280), between(40, 360), between(30, 100), index % 3 ? main(between(40, 72)) : accent(62), 0.5),
  ) + ring(between(90, 210), between(120, 280), between(60, 110), main(95), 3);

/** Hues in degrees; a cover turns both by at most `hueSpread`. */
interface Style {
  hue: number;
  accentHue: number;
  hueSpread?: number;
  draw: Motif;
}

export const MOTIFS: Record<DrawnGenre, Style> = {
  Action: { hue: 358, accentHue: 42, draw: action },
  Adventure: { hue: 168, accentHue: 38, draw: adventure },
  RPG: { hue: 268, accentHue: 318, draw: rolePlaying },
  Strategy: { hue: 214, accentHue: 40, draw: strategy },
  Shooter: { hue: 200, accentHue: 16, draw: shooter },
  Puzzle: { hue: 188, accentHue: 345, draw: puzzle },
  Racing: { hue: 282, accentHue: 335, draw: racing },
  Simulation: { hue: 150, accentHue: 32, draw: simulation },
  Sports: { hue: 132, accentHue: 52, draw: sports },
  Horror: { hue: 350, accentHue: 8, draw: horror },
  Platformer: { hue: 205, accentHue: 36, draw: platformer },
  Card: { hue: 326, accentHue: 350, draw: card },
  Casual: { hue: 318, accentHue: 190, draw: puzzle },
  Indie: { hue: 248, accentHue: 20, draw: circles },
  'Free to Play': { hue: 176, accentHue: 320, draw: circles },
  'Massively Multiplayer': { hue: 232, accentHue: 186, draw: rolePlaying },
  Other: { hue: 180, accentHue: 330, hueSpread: 180, draw: circles },
};
