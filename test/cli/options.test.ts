import { parseOptions } from '../../cli/options.ts';
import { usage } from '../../cli/usage.ts';

it.each<[string, object]>([
  ['promotions', { command: { name: 'promotions', limit: 20 }, json: false }],
  [
    'promotions --limit 3 --application shop --json',
    { command: { name: 'promotions', limit: 3, application: 'shop' }, json: true },
  ],
  ['check app', { command: { name: 'check', directory: 'app', isSandbox: false }, json: false }],
  [
    'check app --application shop --config c.json --sandbox --json',
    {
      command: { name: 'check', directory: 'app', application: 'shop', config: 'c.json', isSandbox: true },
      json: true,
    },
  ],
  [
    'init app --write-configuration c.json',
    { command: { name: 'init', directory: 'app', writeConfiguration: 'c.json' }, json: false },
  ],
  ['doctor', { command: { name: 'doctor' }, json: false }],
  ['doctor --assembly out', { command: { name: 'doctor', assembly: 'out' }, json: false }],
  ['locks', { command: { name: 'locks' }, json: false }],
  ['locks --application shop', { command: { name: 'locks', application: 'shop' }, json: false }],
  ['live --json', { command: { name: 'live' }, json: true }],
  ['trace ami-1 --json', { command: { name: 'trace', what: 'ami-1' }, json: true }],
  ['trace openssl@3.2.2', { command: { name: 'trace', what: 'openssl@3.2.2' }, json: false }],
  ['trace openssl 3.2.2', { command: { name: 'trace', what: 'openssl 3.2.2' }, json: false }],
  ['calendar', { command: { name: 'calendar' }, json: false }],
  ['calendar shop --json', { command: { name: 'calendar', application: 'shop' }, json: true }],
  [
    'freeze shop --until 2026-11-30T07:00 --reason x',
    {
      command: {
        name: 'freeze',
        application: 'shop',
        environments: ['prod'],
        until: '2026-11-30T07:00',
        reason: 'x',
      },
      json: false,
    },
  ],
  [
    'unfreeze shop f1 --reason x',
    { command: { name: 'unfreeze', application: 'shop', freezeId: 'f1', reason: 'x' }, json: false },
  ],
  ['releases shop', { command: { name: 'releases', application: 'shop', limit: 20 }, json: false }],
  ['releases shop --limit 3', { command: { name: 'releases', application: 'shop', limit: 3 }, json: false }],
  [
    'show p --local',
    {
      command: { name: 'show', promotion: 'p' },
      json: false,
      local: { port: 4566, stateDirectory: '.lockstep' },
    },
  ],
  [
    'redrive p --local --port 5500 --state-dir s',
    {
      command: { name: 'redrive', promotion: 'p', yes: false },
      json: false,
      local: { port: 5500, stateDirectory: 's' },
    },
  ],
  ['redrive p --yes', { command: { name: 'redrive', promotion: 'p', yes: true }, json: false }],
  [
    'cost p',
    {
      command: { name: 'cost', promotion: 'p', instanceType: 't3.small', instances: 2, testMinutes: 0 },
      json: false,
    },
  ],
  [
    'plan c',
    { command: { name: 'plan', commit: 'c', instanceType: 't3.small', testMinutes: 0 }, json: false },
  ],
  [
    'plan c --application a --instances 3',
    {
      command: {
        name: 'plan',
        commit: 'c',
        application: 'a',
        instanceType: 't3.small',
        instances: 3,
        testMinutes: 0,
      },
      json: false,
    },
  ],
  [
    'init d --promote --port 5000 --state-dir s',
    {
      command: { name: 'init', directory: 'd', promote: { port: 5000, stateDirectory: 's' } },
      json: false,
    },
  ],
  [
    'cost p --prices f --instance-type m7g.large --instances 4 --test-minutes 12',
    {
      command: {
        name: 'cost',
        promotion: 'p',
        prices: 'f',
        instanceType: 'm7g.large',
        instances: 4,
        testMinutes: 12,
      },
      json: false,
    },
  ],
  [
    'send-back p --reason wrong',
    { command: { name: 'send-back', promotion: 'p', reason: 'wrong' }, json: false },
  ],
  ['rebake shop', { command: { name: 'rebake', application: 'shop' }, json: false }],
  ['end-soak p', { command: { name: 'end-soak', promotion: 'p' }, json: false }],
  [
    'redrive p --yes --despite-alarms --reason fix',
    { command: { name: 'redrive', promotion: 'p', yes: true, despiteAlarms: 'fix' }, json: false },
  ],
  ['stop p --reason wrong', { command: { name: 'stop', promotion: 'p', reason: 'wrong' }, json: false }],
  ['evidence p --out f', { command: { name: 'evidence', promotion: 'p', out: 'f' }, json: false }],
  ['verify f', { command: { name: 'verify', file: 'f' }, json: false }],
  ['verify f --key k', { command: { name: 'verify', file: 'f', key: 'k' }, json: false }],
  [
    'teardown a --reason retired',
    {
      command: {
        name: 'teardown',
        target: { application: 'a' },
        yes: false,
        step: 'stacks',
        reason: 'retired',
      },
      json: false,
    },
  ],
  [
    'teardown a --delete-leftovers --yes',
    {
      command: { name: 'teardown', target: { application: 'a' }, yes: true, step: 'leftovers' },
      json: false,
    },
  ],
  [
    'teardown --platform --delete-evidence',
    { command: { name: 'teardown', target: 'platform', yes: false, step: 'evidence' }, json: false },
  ],
  ['anything --help', { command: { name: 'help' }, json: false }],
])('reads "%s"', (line, expected) => {
  expect(parseOptions(line.split(' '))).toEqual(expected);
});

it.each([
  ['', 'Give a command'],
  [
    'approve p',
    '"approve" is not a command. Commands: promotions, locks, images, live, releases, trace, show, makers, cost, plan, redrive, stop, send-back, end-soak, go-back, calendar, freeze, unfreeze, mark-bad, unmark-bad, accept-finding, bad, acceptances, rebake, sbom, diff, evidence, verify',
  ],
  ['decide p', 'is not a command'],
  ['toString', 'is not a command'],
  ['show', 'show takes a promotion, got none'],
  ['show p q', 'show does not take "q"'],
  ['promotions p', 'promotions does not take "p"'],
  ['promotions --limit 0', '--limit takes a whole number from 1 to 1000, got "0"'],
  ['evidence p', 'evidence takes --out FILE'],
  ['verify', 'verify takes a file'],
  ['stop p', 'stop takes --reason TEXT'],
  ['freeze', 'freeze takes an application, got none'],
  ['freeze a', 'freeze takes --reason TEXT'],
  ['freeze a --reason x', 'freeze takes --until TIME, its end in UTC'],
  ['freeze a --reason x --until y --environment live', 'takes qat, prod or both, got "live"'],
  ['freeze a b --reason x --until y', 'freeze does not take "b"'],
  ['unfreeze a', 'unfreeze takes --reason TEXT'],
  ['unfreeze a b c --reason x', 'unfreeze does not take "c"'],
  ['calendar a b', 'calendar does not take "b"'],
  ['go-back', 'go-back takes an application and a promotion, got none'],
  ['go-back a', 'got only "a"'],
  ['go-back a p', 'go-back takes --reason TEXT'],
  ['go-back a p q --reason x', 'go-back does not take "q"'],
  ['redrive p --reason x', 'redrive takes --despite-alarms and --reason TEXT together, or neither'],
  ['redrive p --despite-alarms', 'redrive takes --despite-alarms and --reason TEXT together, or neither'],
  [
    'show p --reason x',
    '--reason goes with stop and send-back and redrive and go-back and freeze and unfreeze and mark-bad and unmark-bad and accept-finding and teardown, not with show',
  ],
  ['send-back p', 'send-back takes --reason TEXT'],
  ['show p --out f', '--out goes with evidence and sbom, not with show'],
  [
    'show p --application a',
    '--application goes with promotions and locks and mark-bad and unmark-bad and plan and sbom and diff and init and check, not with show',
  ],
  ['cost p --instances 0', '--instances takes a whole number from 1 to 1000, got "0"'],
  ['show p --prices f', '--prices goes with cost and plan, not with show'],
  ['show p --yes', '--yes goes with redrive and teardown, not with show'],
  ['teardown', 'teardown takes an application or --platform, got none'],
  ['teardown a b', 'teardown does not take "b"'],
  ['teardown a --platform', 'got both: "a" and --platform'],
  ['teardown a', 'teardown takes --reason TEXT'],
  [
    'teardown a --delete-evidence',
    '--delete-evidence goes with --platform, not with an application, got "a"',
  ],
  ['teardown --platform --delete-evidence --delete-leftovers', 'two steps'],
  ['teardown a --delete-leftovers --reason x', '--reason goes with the deletion of stacks'],
  ['releases', 'releases takes an application, got none'],
  ['trace', 'trace takes a commit, AMI, deployment, instance, package or vulnerability, got none'],
  ['trace ami-1 ami-2', 'trace does not take "ami-2"'],
  ['trace openssl 3.2.2 x', 'trace does not take "x"'],
  ['live shop', 'live does not take "shop"'],
  ['live --limit 3', '--limit goes with promotions and releases, not with live'],
  ['show p --platform', '--platform goes with teardown, not with show'],
  ['show p --port 5500', '--port goes with --local'],
  ['show p --local --port x', '--port takes a whole number from 1 to 65535, got "x"'],
  ['show p --colour', "Unknown option '--colour'"],
])('fails on "%s"', (line, message) => {
  expect(() => parseOptions(line.split(' ').filter(Boolean))).toThrow(message);
});

it('says everything that it takes in its help', () => {
  for (const word of [
    'promotions',
    'live',
    'releases',
    'show',
    'plan',
    '--promote',
    'redrive',
    'evidence',
    'verify',
    '--out',
    '--key',
    '--limit',
    '--yes',
  ])
    expect(usage).toContain(word);
  expect(Math.max(...usage.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
});
