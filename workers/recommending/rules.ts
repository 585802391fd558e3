// Applies the store's rules (models/contracts/rule.ts) to items, and selects those in force.

import type { Item } from '../../models/contracts/item.ts';
import type { Rule } from '../../models/contracts/rule.ts';
import type { Filter } from './filter.ts';

type Matcher = (item: Item) => boolean;
/** A rule is the same object for as long as an isolate caches it. */
const matchers = new WeakMap<Rule['match'], Matcher>();

/** The matcher returns true if the item meets every condition of the rule, each by any of its values. */
function getMatcher({ match }: Pick<Rule, 'match'>): Matcher {
  const known = matchers.get(match) ?? createMatcher(match);
  matchers.set(match, known);
  return known;
}

function createMatcher(match: Rule['match']): Matcher {
  const anyOf = (wanted: readonly string[] | undefined, listLabels: (item: Item) => readonly string[]) => {
    if (wanted === undefined) return [];
    const names = new Set(wanted.map((label) => label.toLowerCase()));
    return [(item: Item) => listLabels(item).some((label) => names.has(label.toLowerCase()))];
  };
  const { ageRatingMin } = match;
  const itemIds = new Set(match.itemIds);
  const conditions = [
    ...(match.itemIds === undefined ? [] : [({ itemId }: Item) => itemIds.has(itemId)]),
    ...anyOf(match.genres, ({ genres }) => genres),
    ...anyOf(match.tags, ({ tags }) => tags),
    ...anyOf(match.developers, ({ developer }) => (developer === null ? [] : [developer])),
    ...(ageRatingMin === undefined ? [] : [({ ageRating }: Item) => ageRating !== null && ageRating >= ageRatingMin]),
  ];
  return (item) => conditions.every((holds) => holds(item));
}

export const createRuleFilters = (rules: readonly Rule[]): Filter[] =>
  rules
    .filter(({ action }) => action === 'exclude')
    .map((rule) => {
      const matches = getMatcher(rule);
      return (item) => (matches(item) ? `excluded by the rule ${rule.ruleId}` : undefined);
    });

/** Bounds the product of all factors, so that a score stays finite. */
const FACTOR_MAX = 1e9;

export interface RuleEffects {
  /** Returns the factor to multiply an item's score by. */
  computeFactor(item: Item): number;
  isPinned(item: Item): boolean;
  /** Items that rules pin by id: no other source needs to retrieve them. */
  pinnedIds: string[];
}

export function prepareRules(rules: readonly Rule[]): RuleEffects {
  const matchersOf = (...actions: Rule['action'][]) =>
    rules.filter(({ action }) => actions.includes(action)).map((rule) => ({ rule, matches: getMatcher(rule) }));
  const pins = matchersOf('pin');
  const weights = matchersOf('boost', 'bury');
  return {
    computeFactor(item) {
      let factor = 1;
      for (const { rule, matches } of weights)
        if (matches(item)) factor *= rule.action === 'boost' ? rule.factor : 1 / rule.factor;
      return Math.min(FACTOR_MAX, Math.max(1 / FACTOR_MAX, factor));
    },
    isPinned: (item) => pins.some(({ matches }) => matches(item)),
    pinnedIds: pins.flatMap(({ rule }) => rule.match.itemIds ?? []),
  };
}

/** Returns the ids of the rules whose conditions the item meets. */
export const listMatchingRules = (item: Item, rules: readonly Rule[]): string[] =>
  rules.filter((rule) => getMatcher(rule)(item)).map(({ ruleId }) => ruleId);

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
