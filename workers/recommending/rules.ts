// What the store's rules (models/contracts/rule.ts) mean for an item. Which of them are in force is decided before.

import type { Item } from '../../models/contracts/item.ts';
import type { Rule } from '../../models/contracts/rule.ts';
import type { Filter } from './candidates.ts';

type Matcher = (item: Item) => boolean;
/** A rule is the same object as long as an isolate holds it. */
const matchers = new WeakMap<Rule['match'], Matcher>();

/** Whether an item meets every condition that the rule has, each by any of its values. */
export function matcherOf({ match }: Pick<Rule, 'match'>): Matcher {
  const known = matchers.get(match) ?? createMatcher(match);
  matchers.set(match, known);
  return known;
}

function createMatcher(match: Rule['match']): Matcher {
  const anyOf = (wanted: readonly string[] | undefined, labelsOf: (item: Item) => readonly string[]) => {
    if (wanted === undefined) return [];
    const names = new Set(wanted.map((label) => label.toLowerCase()));
    return [(item: Item) => labelsOf(item).some((label) => names.has(label.toLowerCase()))];
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

export const filtersOfRules = (rules: readonly Rule[]): Filter[] =>
  rules
    .filter(({ action }) => action === 'exclude')
    .map((rule) => {
      const matches = matcherOf(rule);
      return (item) => (matches(item) ? `excluded by the rule ${rule.ruleId}` : undefined);
    });

/** What all rules together may make of a score. */
const FACTOR_MAX = 1e9;

export interface RuleEffects {
  /** What an item's score is multiplied by. */
  weigh(item: Item): number;
  isPinned(item: Item): boolean;
  /** Items that rules pin by name: no source needs to find them. */
  pinnedIds: string[];
}

export function prepareRules(rules: readonly Rule[]): RuleEffects {
  const matchersOf = (...actions: Rule['action'][]) =>
    rules.filter(({ action }) => actions.includes(action)).map((rule) => ({ rule, matches: matcherOf(rule) }));
  const pins = matchersOf('pin');
  const weights = matchersOf('boost', 'bury');
  return {
    weigh(item) {
      let factor = 1;
      for (const { rule, matches } of weights)
        if (matches(item)) factor *= rule.action === 'boost' ? rule.factor : 1 / rule.factor;
      // Many rules at once must not make a number that is none.
      return Math.min(FACTOR_MAX, Math.max(1 / FACTOR_MAX, factor));
    },
    isPinned: (item) => pins.some(({ matches }) => matches(item)),
    pinnedIds: pins.flatMap(({ rule }) => rule.match.itemIds ?? []),
  };
}

/** The ids of those that say something of the item. */
export const listMatchingRules = (item: Item, rules: readonly Rule[]): string[] =>
  rules.filter((rule) => matcherOf(rule)(item)).map(({ ruleId }) => ruleId);

/** Those in force at a moment (epoch milliseconds), for a country and a platform; unknown ones are met by no list. */
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
