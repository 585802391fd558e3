// What the store's rules (models/contracts/rule.ts) mean for an item. Which of them are in force is decided before.

import type { Item } from '../../models/contracts/item.ts';
import type { Rule } from '../../models/contracts/rule.ts';
import type { Filter } from './candidates.ts';

/** Every condition that the rule has, each met by any of its values. */
export function createMatcher({ match }: Pick<Rule, 'match'>): (item: Item) => boolean {
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

export const excludedByRule = (rules: readonly Rule[]): Filter[] =>
  rules
    .filter(({ action }) => action === 'exclude')
    .map((rule) => {
      const matches = createMatcher(rule);
      return (item) => (matches(item) ? `excluded by the rule ${rule.ruleId}` : undefined);
    });

export interface RuleEffects {
  /** What an item's score is multiplied by, and the rules that say so. */
  weigh(item: Item): { factor: number; ruleIds: string[] };
  /** The rule that pins the item; undefined where there is none. */
  pinnedBy(item: Item): string | undefined;
  /** Items that rules pin by name: no source needs to find them. */
  pinnedIds: string[];
}

export function prepareRules(rules: readonly Rule[]): RuleEffects {
  const prepared = rules.map((rule) => ({ rule, matches: createMatcher(rule) }));
  const pins = prepared.filter(({ rule }) => rule.action === 'pin');
  const weights = prepared.filter(({ rule }) => rule.action === 'boost' || rule.action === 'bury');
  return {
    weigh(item) {
      let factor = 1;
      const ruleIds: string[] = [];
      for (const { rule, matches } of weights) {
        if (!matches(item)) continue;
        factor *= rule.action === 'boost' ? rule.factor : 1 / rule.factor;
        ruleIds.push(rule.ruleId);
      }
      return { factor, ruleIds };
    },
    pinnedBy: (item) => pins.find(({ matches }) => matches(item))?.rule.ruleId,
    pinnedIds: pins.flatMap(({ rule }) => rule.match.itemIds ?? []),
  };
}

/** Those in force at a moment (epoch milliseconds), for a country and a platform; unknown ones are met by no list. */
export function rulesInForce(
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
