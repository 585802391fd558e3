// Selects the rules of one answer: those of the store in force now, and the one for unknown users.

import type { RequestContext } from '../../models/contracts/context.ts';
import { type Rule, RuleInput } from '../../models/contracts/rule.ts';
import { selectRulesInForce } from '../recommending/rules.ts';

/**
 * Excludes adult games, since an unknown user may be a child. Parsed on first use; always the same object, because
 * prepared rules are kept by identity.
 */
let unknownUserRule: Rule | undefined;

function openUnknownUserRule(): Rule {
  unknownUserRule ??= {
    ruleId: 'unknown-user',
    ...RuleInput.parse({
      action: 'exclude',
      match: { ageRatingMin: 18 },
      reason: 'the player could not be identified',
    }),
  };
  return unknownUserRule;
}

export const selectRules = (isUnknownUser: boolean, rules: readonly Rule[], context: RequestContext): Rule[] => [
  ...(isUnknownUser ? [openUnknownUserRule()] : []),
  ...selectRulesInForce(rules, Date.now(), context),
];
