import { createPublicKey } from 'node:crypto';
import { configurationVersion, readConfig } from '../../infra/config.ts';
import { toldByDefault } from '../../tasks/events/event-types.ts';
import { aKeyPair } from '../tasks/source/support/archives.ts';
import { config, gitHub, shared } from './config-samples.ts';
import { messageOf } from './invalid-config.ts';

it('fills in what an application leaves out', () => {
  expect(readConfig(config())).toEqual({
    applications: [
      {
        name: 'orders',
        branch: 'main',
        source: { kind: 'codecommit' },
        notifications: [],
        port: 8080,
        healthCheckPath: '/health',
        runtime: 'nodejs',
        image: {
          components: [],
          packages: [],
          tests: [],
          reuse: 'never',
          reuseDays: 7,
          drift: 'security-updates',
          onDrift: 'fail',
          scan: 'off',
        },
        instanceTypes: { image: 't3.small', qat: 't3.small', prod: 't3.small' },
        fleet: { min: 2, max: 4 },
        alarms: { errors: 10, latencyMilliseconds: 5000 },
        ...shared,
        approvers: {
          qc: { addresses: shared.approvers.qc, count: 1 },
          pmo: { addresses: shared.approvers.pmo, count: 1 },
        },
        developers: [],
        approvalExpiryDays: 7,
        calendar: { freezes: [], windows: [] },
        makersMayDecide: false,
        secretScan: 'off',
        repositoryMails: [],
        keep: { releases: 10 },
        whenNewer: 'supersede',
        goBack: { approvals: 'both' },
        deployment: {
          configuration: 'one-at-a-time',
          rollback: { onFailure: true, onProdAlarms: true, onAlarms: [] },
          soakMinutes: 5,
        },
      },
    ],
    network: { internetAccess: 'nat-gateway', cidr: '10.0.0.0/16' },
    approvals: {
      people: [],
      dotsIgnoredIn: [],
      reminderHours: 24,
      freshSignInMinutes: 15,
    },
    signIn: { passwords: true, providers: [] },
    evidence: {},
    trail: true,
  });
});

it('gives another version to another configuration, and the same to the same', () => {
  const version = (change: object, shared: object = {}) => {
    const read = readConfig(config(change, shared));
    const [application] = read.applications;
    return application && configurationVersion(read, application);
  };
  expect(version({})).toMatch(/^[0-9a-f]{12}$/);
  expect(version({})).toBe(version({ port: 8080 }));
  expect(version({})).not.toBe(version({ port: 8081 }));
  expect(version({})).not.toBe(version({ makersMayDecide: true }));
});

it('reads a repository at GitHub that names makers, at github.com or elsewhere', () => {
  const sourceOf = (source: object) => readConfig(config({ source })).applications[0]?.source;
  const { tokenSecretArn, ...connection } = gitHub;
  expect(sourceOf(gitHub)).toEqual({
    kind: 'connection',
    ...connection,
    provider: { name: 'github', tokenSecretArn, apiUrl: 'https://api.github.com' },
  });
  const apiUrl = 'https://github.example.com/api/v3';
  expect(sourceOf({ ...gitHub, apiUrl })).toMatchObject({ provider: { tokenSecretArn, apiUrl } });
});

it('reads a project in groups at GitLab that names makers, at gitlab.com or elsewhere', () => {
  const gitLab = { ...gitHub, provider: 'gitlab', repository: 'example/shop/orders' };
  const sourceOf = (source: object) => readConfig(config({ source })).applications[0]?.source;
  const { tokenSecretArn } = gitHub;
  expect(sourceOf(gitLab)).toMatchObject({
    repository: 'example/shop/orders',
    provider: { name: 'gitlab', tokenSecretArn, apiUrl: 'https://gitlab.com/api/v4' },
  });
  const apiUrl = 'https://gitlab.example.com/api/v4';
  expect(sourceOf({ ...gitLab, apiUrl })).toMatchObject({ provider: { name: 'gitlab', apiUrl } });
});

const manifestKey = aKeyPair().pem;

it('reads archives whose manifests name makers, as keys that fit into a variable', () => {
  const manifestKeys = [manifestKey, aKeyPair().pem];
  const source = readConfig(config({ source: { objectKey: 'orders.zip', manifestKeys } })).applications[0]
    ?.source;
  const encoded = manifestKeys.map((pem) =>
    createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64'),
  );
  expect(source).toEqual({ kind: 's3', objectKey: 'orders.zip', manifestKeys: encoded });
  expect(JSON.stringify(encoded).length).toBeLessThan(300);
});

it("prefers an application's own approvers and operators", () => {
  const own = {
    approvers: { qc: ['a@example.com'], pmo: ['b@example.com'] },
    operators: ['c@example.com'],
  };
  expect(readConfig(config(own)).applications[0]).toMatchObject({
    approvers: {
      qc: { addresses: ['a@example.com'], count: 1 },
      pmo: { addresses: ['b@example.com'], count: 1 },
    },
    operators: ['c@example.com'],
  });
});

it('reads whom mail about their own changes may reach: nobody, those of all applications, or its own', () => {
  const developersOf = (change: object, shared: object = {}) =>
    readConfig(config(change, shared)).applications[0]?.developers;
  expect(developersOf({})).toEqual([]);
  expect(developersOf({}, { developers: ['dana@example.com'] })).toEqual(['dana@example.com']);
  expect(developersOf({ developers: [] }, { developers: ['dana@example.com'] })).toEqual([]);
});

it('takes how many people of a role must approve', () => {
  const qc = { addresses: ['a@example.com', 'b@example.com'], count: 2 };
  const { applications } = readConfig(
    config({}, { approvers: { qc, pmo: { addresses: ['p@example.com'] } } }),
  );
  expect(applications[0]?.approvers).toEqual({ qc, pmo: { addresses: ['p@example.com'], count: 1 } });
});

it("prefers an application's own waits", () => {
  const own = { approvalExpiryDays: 3, deployment: { soakMinutes: 60 } };
  const { applications } = readConfig(config(own, { approvalExpiryDays: 9, soakMinutes: 9 }));
  expect(applications[0]).toMatchObject(own);
  expect(readConfig(config({}, { soakMinutes: 9 })).applications[0]?.deployment).toMatchObject({
    soakMinutes: 9,
  });
});

it('keeps account and region', () => {
  const env = { account: '123456789012', region: 'eu-west-1' };
  expect(readConfig(config({}, { env })).env).toEqual(env);
  expect(readConfig(config({}, { env: { region: 'eu-west-1' } })).env).toEqual({ region: 'eu-west-1' });
});

describe('notifications', () => {
  const slack = { slack: { secretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-a1B2c3' } };
  const told = (application: object, rest: object = {}) => {
    const [first] = readConfig(config(application, rest)).applications;
    return first?.notifications;
  };

  it('are those of all applications, unless one has its own; usual events, unless others are named', () => {
    const usual = [{ notification: { to: 'slack', ...slack.slack }, events: toldByDefault }];
    expect(told({}, { notifications: [slack] })).toEqual(usual);
    expect(told({ notifications: [] }, { notifications: [slack] })).toEqual([]);
    const named = { ...slack, events: ['Promotion Ended'] };
    expect(told({ notifications: [named] })).toMatchObject([{ events: ['Promotion Ended'] }]);
  });

  it('are no part of what is decided upon', () => {
    const versionOf = (rest: object) => {
      const read = readConfig(config({}, rest));
      return read.applications.map((one) => configurationVersion(read, one));
    };
    expect(versionOf({ notifications: [slack] })).toEqual(versionOf({}));
  });

  it.each<[string, unknown, string, string]>([
    [
      'two places in one',
      { ...slack, amazonQ: { topicArn: 'arn:aws:sns:us-east-1:123456789012:t' } },
      '[0]',
      'exactly one',
    ],
    ['no place', { events: ['Promotion Ended'] }, '[0]', 'exactly one'],
    ['an unknown event', { ...slack, events: ['Promotion Over'] }, '[0].events[0]', 'docs/events.md'],
    [
      'plain HTTP',
      { webhook: { ...slack.slack, url: 'http://hooks.example.com/' } },
      '[0].webhook.url',
      'https://',
    ],
    ['an address', { webhook: { ...slack.slack, url: 'https://10.0.0.1/' } }, '[0].webhook.url', 'host name'],
    [
      'credentials',
      { webhook: { ...slack.slack, url: 'https://u:p@h.example.com/' } },
      '[0].webhook.url',
      'https://',
    ],
    [
      'a URL for a secret',
      { slack: { secretArn: 'https://hooks.slack.com/x' } },
      '[0].slack.secretArn',
      'whole ARN',
    ],
  ])('fail for %s, with the key and the remedy', (_, written, key, remedy) => {
    const message = messageOf(config({}, { notifications: [written] }));
    expect(message).toContain(`lockstep.notifications${key}:`);
    expect(message).toContain(remedy);
  });
});
