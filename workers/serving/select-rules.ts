// Selects the rules of one answer: those of the store in force now, and the one for unknown users.

import type { RequestContext } from '../../models/contracts/context.ts';
import { type Rule, RuleInput } from '../../models/contracts/rule.ts';
import { selectRulesInForce } from '../recommending/rules.ts';

/** An unknown user may be a child. */
const createUnknownUserRule = (): Rule => ({
  ruleId: 'unknown-user',
  ...RuleInput.parse({ action: 'exclude', match: { ageRatingMin: 18 }, reason: 'the player could not be identified' }),
});

export const selectRules = (isUnknownUser: boolean, rules: readonly Rule[], context: RequestContext): Rule[] => [
  ...(isUnknownUser ? [createUnknownUserRule()] : []),
  ...selectRulesInForce(rules, Date.now(), context),
];
