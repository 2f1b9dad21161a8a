import fs from 'node:fs';
import path from 'node:path';
import {
  applicationOf,
  belongsTo,
  commandFor,
  inDeletionOrder,
  placesElsewhere,
} from '../../../cli/teardown/stacks.ts';
import { isEvidence, isKnownType } from '../../../cli/teardown/stays.ts';
import { projectRoot } from '../../../infra/local/run/synthesize.ts';
import { synthesize } from '../../infra/aws/support/synthesize.ts';
import type { Template } from '../../infra/aws/support/templates.ts';

/** Templates of an example, by the stack's name. */
const templatesOf = (example?: string): ReadonlyMap<string, Template> =>
  new Map(
    Object.entries(
      synthesize(example && JSON.parse(fs.readFileSync(path.join(projectRoot, 'examples', example), 'utf8'))),
    ),
  );

const stack = (name: string) => ({ name, id: name, status: 'CREATE_COMPLETE', outputs: {} });
const orders = { application: 'orders' };

describe('the stacks that are torn down', () => {
  let twoAccounts: ReadonlyMap<string, Template>;
  beforeAll(() => {
    twoAccounts = templatesOf('two-accounts.json');
  });

  it('T52: are every stack of a configuration with environments elsewhere, each of one application or of the platform', () => {
    const names = [...twoAccounts.keys()];
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      const application = applicationOf(name);
      expect([name, belongsTo(application === undefined ? 'platform' : { application }, name)]).toEqual([
        name,
        true,
      ]);
    }
  });

  it('T52: are found where the main stack says', () => {
    const outputsOf = (name: string) =>
      Object.fromEntries(
        Object.entries(twoAccounts.get(name)?.Outputs ?? {}).map(([key, { Value }]) => [key, String(Value)]),
      );
    const applications = [...new Set([...twoAccounts.keys()].flatMap((name) => applicationOf(name) ?? []))];
    const here = { account: '0', region: 'here' };
    const places = [
      ...placesElsewhere(outputsOf('Lockstep-Platform'), here),
      ...applications.flatMap((name) => placesElsewhere(outputsOf(`Lockstep-${name}`), here)),
    ].map(({ account, region }) => `${account}-${region}`);
    const workloads = [...twoAccounts.keys()].filter((name) => name.startsWith('Lockstep-Workloads-'));
    expect(workloads.length).toBeGreaterThan(0);
    for (const name of workloads) {
      const place = name.replace('Lockstep-Workloads-', '');
      expect(places.filter((one) => one === place)).toHaveLength(applications.length + 1);
    }
  });

  it('are of that application alone, and its main one is deleted last: it says where the others are', () => {
    const all = [
      'Lockstep-Platform',
      'Lockstep-orders',
      'Lockstep-orders-Qat',
      'Lockstep-orders-Artifacts-eu-west-1',
      'Lockstep-orders-api',
      'Lockstep-orders-api-Qat',
      'Other',
    ].map(stack);
    expect(inDeletionOrder(orders, all).map(({ name }) => name)).toEqual([
      'Lockstep-orders-Artifacts-eu-west-1',
      'Lockstep-orders-Qat',
      'Lockstep-orders',
    ]);
    expect(inDeletionOrder('platform', all).map(({ name }) => name)).toEqual(['Lockstep-Platform']);
  });

  it.each([
    ['Lockstep-orders', 'orders'],
    ['Lockstep-orders-api-Prod', 'orders-api'],
    ['Lockstep-orders-Artifacts-eu-west-1', 'orders'],
    ['Lockstep-Platform', undefined],
    ['Lockstep-Workloads-1-eu-west-1', undefined],
    ['CDKToolkit', undefined],
  ])('%s is of application %s', (name, application) => expect(applicationOf(name)).toBe(application));

  it('name other accounts, and other regions of this one, where revisions are', () => {
    const here = { account: '1', region: 'a' };
    expect(placesElsewhere({ QatPlace: '1/a', ProdPlace: '2/b' }, here)).toEqual([
      { account: '2', region: 'b' },
      { account: '1', region: 'b' },
    ]);
    expect(placesElsewhere({}, here)).toEqual([]);
  });

  it('have a command for each place', () => {
    expect(commandFor(orders, ' --reason "x"', 'eu-west-1')).toBe(
      'AWS_REGION=eu-west-1 npm run lockstep -- teardown orders --reason "x"',
    );
    expect(commandFor('platform', '')).toBe('npm run lockstep -- teardown --platform');
  });
});

describe('what stacks leave behind', () => {
  it.each([undefined, 'two-accounts.json', 's3-source.json', 'tests.json', 'github.json'])(
    'is of types that a tear-down knows how to delete (%s)',
    (example) => {
      const retained = [...templatesOf(example).values()].flatMap(({ Resources }) =>
        Object.values(Resources).flatMap(({ Type, DeletionPolicy = 'Delete' }) =>
          DeletionPolicy === 'Delete' ? [] : [Type],
        ),
      );
      expect(retained).toContain('AWS::KMS::Key');
      expect(retained.filter((type) => !isKnownType(type))).toEqual([]);
    },
  );

  it('is evidence if it is a sealed record, its keys, or the ledger, and nothing else', () => {
    const platform = templatesOf().get('Lockstep-Platform');
    const evidence = Object.entries(platform?.Resources ?? {})
      .filter(([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete')
      .filter(([logicalId, { Type }]) => isEvidence('platform', { type: Type, id: 'x', logicalId }))
      .map(([, { Type }]) => Type)
      .sort();
    expect(evidence).toEqual([
      'AWS::DynamoDB::Table',
      'AWS::KMS::Key',
      'AWS::KMS::Key',
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
    ]);
    expect(isEvidence(orders, { type: 'AWS::S3::Bucket', id: 'x', logicalId: 'EvidenceX' })).toBe(false);
  });
});
