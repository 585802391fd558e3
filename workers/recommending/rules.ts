// Applies the store's rules (models/contracts/rule.ts) to items, and selects those in force.

import type { Rule } from '../../models/contracts/rule.ts';
import type { ItemColumns } from '../../models/features/item-columns.ts';
import type { Filter } from './filter.ts';
import { shareTests } from './shared-verdicts.ts';

/** Returns true if the item meets every condition of a rule, each by any of its values. */
type Matcher = (index: number) => boolean;

/** `key`: tells matchers apart (filter.ts). */
interface KnownMatcher {
  key: string;
  names: number;
  matches: Matcher;
}
let created = 0;

/** A rule is the same object for as long as an isolate caches it. */
type Matchers = WeakMap<Rule['match'], KnownMatcher>;
/** By columns: those that were replaced are not kept for a rule that is not in force. */
const matchersOf = new WeakMap<ItemColumns, Matchers>();

function getMatcher({ match }: Pick<Rule, 'match'>, columns: ItemColumns): KnownMatcher {
  // Ids, labels and developers are only added: as many are the same ones.
  const names = columns.length + columns.labels.table.length + columns.developerTable.length;
  const matchers: Matchers = matchersOf.get(columns) ?? new WeakMap();
  matchersOf.set(columns, matchers);
  const known = matchers.get(match);
  if (known?.names === names) return known;
  const made = { key: `rule ${++created}`, names, matches: createMatcher(match, columns) };
  matchers.set(match, made);
  return made;
}

function createMatcher(
  { itemIds, genres, tags, developers, ageRatingMin }: Rule['match'],
  columns: ItemColumns,
): Matcher {
  const { labels, developerTable } = columns;
  const conditions: Matcher[] = [];
  if (itemIds !== undefined) {
    const listed = new Set(itemIds.map((itemId) => columns.indexOf(itemId)));
    conditions.push((index) => listed.has(index));
  }
  if (genres !== undefined) {
    const folds = labels.table.findFolds(genres);
    conditions.push((index) => labels.findGenre(index, folds) >= 0);
  }
  if (tags !== undefined) {
    const folds = labels.table.findFolds(tags);
    conditions.push((index) => labels.findTag(index, folds) >= 0);
  }
  if (developers !== undefined) {
    const folds = developerTable.findFolds(developers);
    const { folds: own } = developerTable;
    conditions.push((index) => folds.has(own[columns.developers[index]!]!));
  }
  if (ageRatingMin !== undefined) conditions.push((index) => columns.ageRatings[index]! >= ageRatingMin);
  if (conditions.length === 1) return conditions[0]!;
  return (index) => {
    for (const holds of conditions) if (!holds(index)) return false;
    return true;
  };
}

export const createRuleFilters = (rules: readonly Rule[], columns: ItemColumns): Filter[] =>
  rules
    .filter(({ action }) => action === 'exclude')
    .map((rule) => {
      const { key, matches } = getMatcher(rule, columns);
      return { key, removes: matches, explain: () => `excluded by the rule ${rule.ruleId}` };
    });

/** Bounds the product of all factors, so that a score stays finite. */
const FACTOR_MAX = 1e9;

export interface RuleEffects {
  /** Returns the factor to multiply an item's score by; undefined if no rule boosts or buries. */
  computeFactor: ((index: number) => number) | undefined;
  /** Undefined if no rule pins. */
  isPinned: ((index: number) => boolean) | undefined;
  /** Items that rules pin by id: no other source needs to retrieve them. */
  pinnedIds: string[];
}

export function prepareRules(rules: readonly Rule[], columns: ItemColumns): RuleEffects {
  const listMatchers = (...actions: Rule['action'][]) =>
    rules.filter(({ action }) => actions.includes(action)).map((rule) => ({ rule, ...getMatcher(rule, columns) }));
  const pins = listMatchers('pin');
  return {
    computeFactor: createFactor(listMatchers('boost', 'bury'), columns),
    isPinned: pins.length === 0 ? undefined : shareTests(pins, columns),
    pinnedIds: pins.flatMap(({ rule }) => rule.match.itemIds ?? []),
  };
}

function createFactor(
  weights: readonly (KnownMatcher & { rule: Rule })[],
  columns: ItemColumns,
): RuleEffects['computeFactor'] {
  if (weights.length === 0) return undefined;
  const isWeighted = shareTests(weights, columns);
  return (index) => {
    // Most items match no rule.
    if (!isWeighted(index)) return 1;
    let factor = 1;
    for (const { rule, matches } of weights)
      if (matches(index)) factor *= rule.action === 'boost' ? rule.factor : 1 / rule.factor;
    return Math.min(FACTOR_MAX, Math.max(1 / FACTOR_MAX, factor));
  };
}

/** Returns the ids of the rules whose conditions the item meets. */
export const listMatchingRules = (index: number, rules: readonly Rule[], columns: ItemColumns): string[] =>
  rules.filter((rule) => getMatcher(rule, columns).matches(index)).map(({ ruleId }) => ruleId);

/** Returns the rules in force for a country and a platform; unknown ones match no list. `now`: epoch milliseconds. */
export function selectRulesInForce(
  rules: readonly Rule[],
  now: number,
  { country, platform }: { country: string | null; platform: string | null },
): Rule[] {
  const meets = (wanted: readonly string[] | undefined, given: string | null) =>
    wanted === undefined || wanted.some((one) => one.toLowerCase() === given?.toLowerCase());
  return rules.filter(
    ({ startsAt, endsAt, audience }) =>
      (startsAt === null || Date.parse(startsAt) <= now) &&
      (endsAt === null || now < Date.parse(endsAt)) &&
      meets(audience.countries, country) &&
      meets(audience.platforms, platform),
  );
}
