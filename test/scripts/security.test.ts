import fs from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { securityTable, withTable } from '../../scripts/security/table.ts';
import { type Resources, readTemplates } from '../../scripts/templates.ts';
import { testAssembly } from '../support/assembly.ts';

const file = path.join(projectRoot, 'docs/security.md');

describe('the table of ways to Prod', () => {
  let templates: Readonly<Record<string, Resources>>;
  beforeAll(async () => {
    templates = readTemplates(await testAssembly());
  });

  /** The templates with one more role, which may do this. */
  const withRole = (id: string, Action: string, Resource: string) => ({
    ...templates,
    More: {
      [id]: {
        Type: 'AWS::IAM::Role',
        Properties: {
          Policies: [{ PolicyDocument: { Statement: [{ Effect: 'Allow', Action, Resource }] } }],
        },
      },
    },
  });

  it('is that of the templates: npm run security writes it', () => {
    const document = fs.readFileSync(file, 'utf8');
    expect(document).toBe(withTable(document, securityTable(templates)));
  });

  it('links tests that exist', () => {
    const links = [...fs.readFileSync(file, 'utf8').matchAll(/\]\(\.\.\/([^)]*)\)/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((link) => !fs.existsSync(path.join(projectRoot, link ?? '')))).toEqual([]);
  });

  it('has a principal as soon as a template lets it', () => {
    const started = withRole('FunctionsNewRole', 'states:SendTaskSuccess', '*');
    expect(securityTable(started)).toContain('| acquire-lock, approvals-site, complete-job, new, ');
  });

  it.each([
    ['states:SendTaskSuccess', '*'],
    ['dynamodb:PutItem', '<LedgerTable.Arn>'],
    ['ssm:PutParameter', 'arn:aws:ssm:us-east-1:0:parameter/lockstep/orders/prod/image'],
    ['codedeploy:CreateDeployment', 'arn:aws:codedeploy:us-east-1:0:deploymentgroup:orders/prod'],
    ['lambda:InvokeFunction', '*'],
    ['kms:Sign', '*'],
  ])('cannot be written while people may %s, which nothing is said to stop', (action, resource) => {
    expect(() => securityTable(withRole('PeopleGuestsRole', action, resource))).toThrow(
      /guestsrole \(people\) may: .* Say in scripts\/security\/ways\.ts/,
    );
  });

  it('cannot be written with a role that nobody has named', () => {
    expect(() => securityTable(withRole('Unheard', 'kms:Sign', '*'))).toThrow('who uses the role Unheard');
  });
});
