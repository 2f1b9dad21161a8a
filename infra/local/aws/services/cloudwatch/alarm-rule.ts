import type { StateValue } from './evaluate-alarm.ts';

/** A composite alarm's rule, read. */
export type Rule =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'state'; readonly state: StateValue; readonly alarm: string }
  | { readonly kind: 'not'; readonly rule: Rule }
  | { readonly kind: 'and' | 'or'; readonly left: Rule; readonly right: Rule };

/** A rule that cannot be read. */
export class AlarmRuleError extends Error {
  override readonly name = 'AlarmRuleError';
}

const TOKEN =
  /\s*(?:(AND|OR|NOT|TRUE|FALSE)\b|(OK|ALARM|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]+)"|([^\s")]+))\s*\)|([()]))/gy;

type Token =
  | { readonly word: 'AND' | 'OR' | 'NOT' | 'TRUE' | 'FALSE' | '(' | ')' }
  | { readonly state: StateValue; readonly alarm: string };

const tokensOf = (text: string): Token[] => {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [, word, state, quoted, bare, bracket] = match;
    tokens.push(
      state === undefined
        ? { word: (word ?? bracket) as '(' }
        : { state: state as StateValue, alarm: alarmNameOf(quoted ?? bare ?? '') },
    );
    end = TOKEN.lastIndex;
  }
  if (text.slice(end).trim() !== '')
    throw new AlarmRuleError(`AlarmRule cannot be read from "${text.slice(end).trim()}" on.`);
  return tokens;
};

/** An alarm is named by its name or its ARN. */
const alarmNameOf = (reference: string): string =>
  reference.replace(/^arn:[^:]+:cloudwatch:[^:]*:[^:]*:alarm:/, '');

/**
 * Reads a composite alarm's rule. NOT binds closer than AND, and AND closer than OR.
 * @throws AlarmRuleError
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 */
export const parseAlarmRule = (text: string): Rule => {
  const tokens = tokensOf(text);
  let at = 0;
  const takes = (word: string): boolean => {
    const token = tokens[at];
    if (!token || !('word' in token) || token.word !== word) return false;
    at++;
    return true;
  };
  const chain = (word: 'AND' | 'OR', kind: 'and' | 'or', operand: () => Rule): Rule => {
    let left = operand();
    while (takes(word)) left = { kind, left, right: operand() };
    return left;
  };
  const operand = (): Rule => {
    if (takes('NOT')) return { kind: 'not', rule: operand() };
    if (takes('TRUE')) return { kind: 'constant', value: true };
    if (takes('FALSE')) return { kind: 'constant', value: false };
    if (takes('(')) {
      const rule = any();
      if (!takes(')')) throw new AlarmRuleError(`AlarmRule lacks a closing bracket: ${text}`);
      return rule;
    }
    const token = tokens[at++];
    if (!token || !('state' in token))
      throw new AlarmRuleError(`AlarmRule needs TRUE, FALSE, or a state such as ALARM(name): ${text}`);
    return { kind: 'state', ...token };
  };
  const all = () => chain('AND', 'and', operand);
  const any = (): Rule => chain('OR', 'or', all);
  const rule = any();
  if (at < tokens.length) throw new AlarmRuleError(`AlarmRule lacks AND or OR between two parts: ${text}`);
  return rule;
};

/** Whether a rule holds. @param stateOf nothing for an alarm that does not exist: no state of it holds */
export const holds = (rule: Rule, stateOf: (alarm: string) => StateValue | undefined): boolean => {
  switch (rule.kind) {
    case 'constant':
      return rule.value;
    case 'state':
      return stateOf(rule.alarm) === rule.state;
    case 'not':
      return !holds(rule.rule, stateOf);
    case 'and':
      return holds(rule.left, stateOf) && holds(rule.right, stateOf);
    case 'or':
      return holds(rule.left, stateOf) || holds(rule.right, stateOf);
  }
};
