// A strict parser of Prometheus' text format 0.0.4, with the rules of `promtool check metrics`, for tests.

export interface Family {
  name: string;
  kind: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*';
const TEXT = '(?:[^"\\\\\\n]|\\\\["\\\\n])*';
const PAIR = new RegExp(`^(${LABEL})="(${TEXT})"(?:,|$)`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL}="${TEXT}",?)*)\\})? (\\S+)$`);
const HEAD = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);
const KINDS = ['counter', 'gauge', 'histogram'];
const VALUE = /^(?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\+Inf|-Inf|NaN)$/;
/** Units other than base units, and kinds in names, which promtool refuses. */
const BAD_NAME =
  /(?:^|_)(?:milliseconds|minutes|hours|days|kilobytes|megabytes|percent|counter|gauge|histogram)(?:_|$)/;

/** Throws for anything that Prometheus or promtool would refuse. */
export function parsePrometheus(text: string): Family[] {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const families: Family[] = [];
  for (const line of text.slice(0, -1).split('\n')) {
    const head = HEAD.exec(line);
    if (head !== null) readHead(families, head[1]!, head[2]!, head[3]!);
    else readSample(families.at(-1), line);
  }
  for (const family of families) checkFamily(family);
  if (new Set(families.map(({ name }) => name)).size < families.length) throw new Error('a family is printed twice');
  return families;
}

function readHead(families: Family[], what: string, name: string, rest: string): void {
  if (what === 'HELP') return void families.push({ name, help: rest, kind: '', samples: [] });
  const family = families.at(-1);
  if (family?.name !== name || family.kind !== '' || family.samples.length > 0)
    throw new Error(`TYPE of ${name} must follow its HELP`);
  if (!KINDS.includes(rest)) throw new Error(`${name} has the type ${rest}`);
  family.kind = rest;
}

function readSample(family: Family | undefined, line: string): void {
  const [, name, pairs = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined || !VALUE.test(value!)) throw new Error(`no sample: ${line}`);
  if (family === undefined || family.kind === '') throw new Error(`${name} has no TYPE`);
  const suffixes = family.kind === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  if (!suffixes.some((suffix) => name === family.name + suffix)) throw new Error(`${name} is not of ${family.name}`);
  family.samples.push({ name, labels: readLabels(pairs), value: Number(value!.replace('Inf', 'Infinity')) });
}

function readLabels(pairs: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = pairs; rest !== ''; ) {
    const [whole, label, text] = PAIR.exec(rest) ?? [];
    if (whole === undefined || label! in labels || label!.startsWith('__')) throw new Error(`bad labels: ${pairs}`);
    labels[label!] = JSON.parse(`"${text}"`);
    rest = rest.slice(whole.length);
  }
  return labels;
}

function checkFamily({ name, kind, help, samples }: Family): void {
  if (kind === '' || help === '' || samples.length === 0) throw new Error(`${name} lacks HELP, TYPE or samples`);
  if (BAD_NAME.test(name)) throw new Error(`${name}: no base unit, or the type in the name`);
  if (name.endsWith('_total') !== (kind === 'counter')) throw new Error(`${name}: counters alone end with _total`);
  if (/_(?:sum|count|bucket)$/.test(name)) throw new Error(`${name}: the suffix is for histograms`);
  const keys = samples.map((sample) => JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()]));
  if (new Set(keys).size < keys.length) throw new Error(`${name} has a sample twice`);
  if (kind === 'histogram') checkHistogram(name, samples);
  else if (samples.some(({ labels }) => 'le' in labels)) throw new Error(`${name}: “le” is for histograms`);
}

function checkHistogram(name: string, samples: Family['samples']): void {
  const subjects = Map.groupBy(samples, ({ labels: { le: _, ...subject } }) => JSON.stringify(subject));
  for (const [subject, own] of subjects) {
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`);
    const count = own.find((sample) => sample.name === `${name}_count`)?.value;
    const bounds = buckets.map(({ labels }) => Number(labels.le!.replace('Inf', 'Infinity')));
    const isOrdered = buckets.every(
      ({ value }, n) => n === 0 || (value >= buckets[n - 1]!.value && bounds[n]! > bounds[n - 1]!),
    );
    if (!isOrdered || bounds.at(-1) !== Number.POSITIVE_INFINITY || buckets.at(-1)!.value !== count)
      throw new Error(`${name}${subject}: buckets must grow, to +Inf with the count`);
    if (!own.some((sample) => sample.name === `${name}_sum`)) throw new Error(`${name}${subject} lacks its sum`);
  }
}
