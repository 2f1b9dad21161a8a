import { text } from '../../../scripts/templates.ts';
import { type Statement, type Template, templates } from './support/templates.ts';

/** Every statement of every policy, of every resource. */
const statementsIn = (value: unknown): Statement[] => {
  if (typeof value !== 'object' || value === null) return [];
  const own = (value as { Statement?: unknown }).Statement;
  return [
    ...(Array.isArray(own) ? (own as Statement[]) : []),
    ...Object.values(value).flatMap((child) => statementsIn(child)),
  ];
};

/** The principals of a statement that are accounts, roles or everybody, as text. */
const accountPrincipals = ({ Principal }: Statement): string[] => {
  if (typeof Principal === 'string') return [Principal];
  const { AWS = [] } = (Principal ?? {}) as { AWS?: unknown };
  return (Array.isArray(AWS) ? AWS : [AWS]).map(text);
};

/** Whether a condition lets in only principals of the stack's own account, by ARN. */
const isOneOfOurs = ({ Condition }: Statement): boolean =>
  Object.values(Condition ?? {}).some(({ 'aws:PrincipalArn': arn }) =>
    /:iam::<AWS::AccountId>:/.test(text(arn ?? '')),
  );

describe('accounts', () => {
  const stacks: readonly Template[] = Object.values(templates());
  const statements = stacks.flatMap((template) => statementsIn(template.Resources));

  it('T52: nothing trusts another account: both environments are in the state machine’s own', () => {
    expect(statements.length).toBeGreaterThan(50);
    const trusted = statements
      .filter((statement) => statement.Effect === 'Allow' && !isOneOfOurs(statement))
      .flatMap((statement) => accountPrincipals(statement));
    expect(trusted.length).toBeGreaterThan(0);
    for (const principal of trusted)
      expect(principal).toMatch(/^(arn:(aws|<AWS::Partition>):iam::<AWS::AccountId>:root|<\w+\.Arn>)$/);
  });

  it('T52: no function, rule or pipeline reaches into another account', () => {
    for (const template of stacks)
      expect(JSON.stringify(template)).not.toMatch(/arn:[^"]*:\d{12}:(role|event-bus)/);
  });
});
