import { generateKeyPairSync } from 'node:crypto';
import { aKeyPair } from '../tasks/source/support/archives.ts';
import { config, existing, gitHub, https, one, publicPem, shared } from './config-samples.ts';
import { messageOf } from './invalid-config.ts';

const manifestKey = aKeyPair().pem;

describe('fails, naming key, value and remedy', () => {
  it.each<[string, unknown, string, string, string]>([
    [
      'whether makers may decide',
      config({ makersMayDecide: 'yes' }),
      'applications[0].makersMayDecide',
      '"yes"',
      'true or false',
    ],
    [
      "a person's ARN instead of a name",
      config(
        {},
        {
          approvals: { people: [{ email: 'dana@example.com', pusherNames: ['arn:aws:iam::1:user/dana'] }] },
        },
      ),
      'approvals.people[0].pusherNames[0]',
      'user/dana',
      'not its ARN',
    ],
    [
      'a name of two people',
      config(
        {},
        {
          approvals: {
            people: [
              { email: 'dana@example.com', commitAddresses: ['d@home'] },
              { email: 'erin@example.com', commitAddresses: ['D@home'] },
            ],
          },
        },
      ),
      'approvals.people[1].commitAddresses',
      'D@home',
      'Another person has this name',
    ],
    [
      'more addresses than a function can be told',
      config({
        approvers: {
          qc: Array.from({ length: 200 }, (_, index) => `person${index}@example.com`),
          pmo: ['pmo@example.com'],
        },
      }),
      'applications[0].approvers',
      'person199@example.com',
      'at most 4096 bytes fit',
    ],
    [
      'more people than a function can be told',
      config(
        {},
        {
          approvals: {
            people: Array.from({ length: 60 }, (_, index) => ({ email: `p${index}@example.com` })),
          },
        },
      ),
      'approvals.people',
      'bytes',
      'At most 2500 bytes',
    ],
    [
      'a break-glass role with a wildcard',
      config({}, { evidence: { breakGlassRole: 'arn:aws:iam::111122223333:role/*' } }),
      'evidence.breakGlassRole',
      'role/*',
      'Give the ARN of an IAM role',
    ],
    [
      'reminders without a pause',
      config({}, { approvals: { reminderHours: 0 } }),
      'approvals.reminderHours',
      '0',
      'from 1 to 720',
    ],
    [
      'a build of a repository whose address nothing says',
      config({
        source: { connectionArn: gitHub.connectionArn, repository: gitHub.repository },
        makersMayDecide: true,
        build: {},
      }),
      'applications[0].source.cloneUrl',
      'nothing was given',
      'https://bitbucket.org/example/orders.git',
    ],
    [
      'a build of a repository on a server that may be anybody’s',
      config({
        source: {
          connectionArn: gitHub.connectionArn,
          repository: gitHub.repository,
          cloneUrl: 'https://git.example.com/example/orders.git',
        },
        makersMayDecide: true,
        build: {},
      }),
      'applications[0].source.cloneUrl',
      '"https://git.example.com/example/orders.git"',
      'give provider and tokenSecretArn as well',
    ],
    [
      'an address of a repository that is not cloned by HTTPS',
      config({ source: { ...gitHub, cloneUrl: 'git@github.com:example/orders.git' } }),
      'applications[0].source.cloneUrl',
      '"git@github.com',
      'Give the https address',
    ],
    [
      'a secret of another account',
      config(
        { build: { environment: { TOKEN: { secret: gitHub.tokenSecretArn } } } },
        { env: { account: '999999999999', region: 'us-east-1' } },
      ),
      'applications[0].build.environment.TOKEN.secret',
      '123456789012',
      'give one of 999999999999',
    ],
    [
      'a secret of another region',
      config(
        { test: { environment: { TOKEN: { secret: gitHub.tokenSecretArn } } } },
        { env: { account: '123456789012', region: 'eu-west-1' } },
      ),
      'applications[0].test.environment.TOKEN.secret',
      'us-east-1',
      'give one in eu-west-1',
    ],
    [
      'a variable that is neither a value, a parameter nor a secret',
      config({ build: { environment: { TOKEN: 5 } } }),
      'applications[0].build.environment.TOKEN',
      '5',
      'Give values by name',
    ],
    [
      'an image with a space',
      config({ build: { image: 'my image' } }),
      'build.image',
      '"my image"',
      'container image',
    ],
    [
      'a build without an end',
      config({ build: { timeoutMinutes: 0 } }),
      'build.timeoutMinutes',
      '0',
      '5 to 480',
    ],
    ['no configuration', undefined, 'lockstep', 'nothing was given', 'Give an object'],
    ['no application', { ...shared, applications: [] }, 'lockstep.applications', '[]', 'at least one'],
    ['a name in capitals', config({ name: 'Orders' }), 'applications[0].name', '"Orders"', 'lower-case'],
    ['a name too long', config({ name: 'a'.repeat(25) }), 'applications[0].name', '"aaaa', '1 to 24'],
    ['a name with a hyphen at its end', config({ name: 'a-' }), 'applications[0].name', '"a-"', 'hyphen'],
    ["the platform's name", config({ name: 'platform' }), '[0].name', '"platform"', 'not "platform"'],
    ['a branch that git does not allow', config({ branch: 'a..b' }), '[0].branch', '"a..b"', 'git branch'],
    ['a port out of range', config({ port: 65536 }), '[0].port', '65536', '1 to 65535'],
    ['a port that is no number', config({ port: '8080' }), '[0].port', '"8080"', 'whole number'],
    [
      'a relative path',
      config({ healthCheckPath: 'health' }),
      '.healthCheckPath',
      '"health"',
      'begins with /',
    ],
    [
      'a parent image',
      config({ image: { parent: '/golden' } }),
      '[0].image.parent',
      '"/golden"',
      '/imagebuilder',
    ],
    [
      'a gate without a scan',
      config({ image: { gate: [] } }),
      '[0].image.gate',
      '[]',
      'set image.scan as well',
    ],
    [
      'a scan by a component without components',
      config({ image: { scan: 'component' } }),
      '[0].image.scan',
      '"component"',
      'name the one that does in image.components',
    ],
    [
      "more components than there is room for beside Lockstep's",
      config({
        image: {
          scan: 'component',
          components: Array.from({ length: 14 }, (_, index) => `a/c${index}.yaml`),
        },
      }),
      '[0].image.components',
      '14',
      'give at most 13',
    ],
    [
      'another scanner',
      config({ image: { scan: 'trivy' } }),
      '[0].image.scan',
      '"trivy"',
      'component with a component of yours in image.components',
    ],
    [
      'a severity',
      config({ image: { scan: 'inspector', gate: [{ severity: 'severe' }] } }),
      '[0].image.gate[0].severity',
      '"severe"',
      'critical',
    ],
    [
      'a document above the folder',
      config({ image: { components: ['../x.yaml'] } }),
      '[0].image.components[0]',
      '"../x.yaml"',
      'from the folder with cdk.json',
    ],
    [
      'a package with a space',
      config({ image: { packages: ['a b'] } }),
      '.image.packages[0]',
      '"a b"',
      'nginx',
    ],
    [
      'a package that is an option',
      config({ image: { packages: ['--nogpgcheck'] } }),
      '.image.packages[0]',
      '"--nogpgcheck"',
      'name of a package',
    ],
    ['reuse', config({ image: { reuse: 'always' } }), '[0].image.reuse', '"always"', 'never or when-equal'],
    [
      'days of reuse',
      config({ image: { reuse: 'when-equal', reuseDays: 31 } }),
      '[0].image.reuseDays',
      '31',
      'from 1 to 30',
    ],
    [
      'a component whose version is open, with reuse',
      config({
        image: {
          reuse: 'when-equal',
          components: ['arn:aws:imagebuilder:us-east-1:aws:component/amazon-cloudwatch-agent-linux/x.x.x'],
        },
      }),
      '[0].image.components[0]',
      'amazon-cloudwatch-agent-linux/x.x.x',
      'name one build',
    ],
    [
      'a test whose build is open, with reuse',
      config({
        image: {
          reuse: 'when-equal',
          tests: ['arn:aws:imagebuilder:us-east-1:aws:component/simple-boot-test-linux/1.0.0'],
        },
      }),
      '[0].image.tests[0]',
      'simple-boot-test-linux/1.0.0',
      'name one build',
    ],
    [
      'a parent whose version is open, with reuse',
      config({
        image: {
          reuse: 'when-equal',
          parent: 'arn:aws:imagebuilder:us-east-1:123456789012:image/golden/x.x.x',
        },
      }),
      '[0].image.parent',
      'golden/x.x.x',
      'name one build',
    ],
    [
      'a load test of QAT elsewhere',
      config(
        { loadTest: {} },
        {
          environments: { qat: { account: '222222222222', region: 'us-east-1' } },
          env: { account: '111111111111', region: 'us-east-1' },
        },
      ),
      '[0].loadTest',
      '{}',
      'cannot reach QAT elsewhere',
    ],
    [
      "a load test's own variable",
      config({ loadTest: { environment: { QAT_URL: 'http://x' } } }),
      '[0].loadTest.environment.QAT_URL',
      '"http://x"',
      'Lockstep sets it',
    ],
    [
      'documents of one name',
      config({ image: { components: ['a/x.yaml'], tests: ['b/x.yml'] } }),
      '[0].image.components',
      '["a/x.yaml"]',
      'Two documents are named x',
    ],
    [
      'more components than a recipe takes',
      config({
        image: {
          components: Array.from({ length: 10 }, (_, index) => `c${index}.yaml`),
          tests: Array.from({ length: 6 }, (_, index) => `t${index}.yaml`),
        },
      }),
      '[0].image.components',
      '["c0.yaml"',
      'these are 16 components: give at most 15',
    ],
    [
      'a volume too small for its iops',
      config({ image: { volume: { gibibytes: 8, iops: 5000 } } }),
      '.volume.iops',
      '5000',
      'at most 4000',
    ],
    [
      'throughput without iops for it',
      config({ image: { volume: { gibibytes: 100, throughput: 1000 } } }),
      '.volume.throughput',
      '1000',
      'at most 750',
    ],
    ['an unknown runtime', config({ runtime: 'cobol' }), '[0].runtime', '"cobol"', 'nodejs, java, python'],
    ['an instance type', config({ instanceType: 'small' }), '[0].instanceType', '"small"', 't3.small'],
    [
      'min above max',
      config({ fleet: { min: 3, max: 2 } }),
      '[0].fleet',
      '{"min":3,"max":2}',
      'min not above',
    ],
    ['an empty fleet', config({ fleet: { min: 0, max: 2 } }), '[0].fleet.min', '0', '1 to 100'],
    [
      'no address',
      config({}, { approvers: { qc: [], pmo: ['p@example.com'] } }),
      'lockstep.approvers.qc',
      '[]',
      'at least one e-mail address',
    ],
    [
      'no address beside a count',
      config({}, { approvers: { qc: { addresses: [], count: 1 }, pmo: ['p@example.com'] } }),
      'lockstep.approvers.qc.addresses',
      '[]',
      'Give a list of at least one e-mail address.',
    ],
    [
      'more people than addresses',
      config({ approvers: { qc: ['q@example.com'], pmo: { addresses: ['p@x.com', 'p@x.com'], count: 2 } } }),
      'lockstep.applications[0].approvers.pmo.count',
      '2',
      'not above the number of different addresses',
    ],
    [
      'more people and developers than a function can be told',
      config(
        { developers: Array.from({ length: 70 }, (_, index) => `d${index}@example.com`) },
        {
          approvals: {
            people: Array.from({ length: 20 }, (_, index) => ({ email: `p${index}@example.com` })),
          },
        },
      ),
      'applications[0].developers',
      'd69@example.com',
      'at most 2500 fit',
    ],
    [
      'an unknown time zone',
      config({}, { calendar: { timeZone: 'Europe/Atlantis' } }),
      'lockstep.calendar.timeZone',
      'Europe/Atlantis',
      'such as Europe/Berlin',
    ],
    [
      'a time that is none',
      config({ calendar: { freezes: [{ name: 'close', from: 'Friday 16:00', until: 'Mon 07:00' }] } }),
      'applications[0].calendar.freezes[0].from',
      'Friday 16:00',
      'such as Fri 16:00, or once',
    ],
    ...(
      [
        [
          'an end before the beginning',
          '2026-12-18 18:00',
          '2026-12-18 07:00',
          'a time after 2026-12-18 18:00',
        ],
        ['an entry that is too long', '2026-12-18 18:00', '2027-02-18 07:00', 'at most 31 days after'],
        ['a week and a date', 'Fri 18:00', '2027-01-18 07:00', 'both each week, or both once'],
        ['a week without an end', 'Fri 18:00', 'Fri 18:00', 'Give another end'],
      ] as const
    ).map(([what, from, until, remedy]): [string, unknown, string, string, string] => [
      what,
      config({}, { calendar: { freezes: [{ name: 'close', from, until }] } }),
      'lockstep.calendar.freezes[0].until',
      until,
      remedy,
    ]),
    [
      'windows that are always frozen',
      config(
        {},
        {
          calendar: {
            freezes: [{ name: 'always', from: 'Mon 00:00', until: 'Sun 23:59' }],
            windows: [{ name: 'day', from: 'Tue 09:00', until: 'Tue 16:00' }],
          },
        },
      ),
      'lockstep.calendar',
      'Mon 00:00',
      'nothing would ever be promoted to prod',
    ],
    [
      'windows that open once',
      config(
        {},
        { calendar: { windows: [{ name: 'day', from: '2026-12-01 09:00', until: '2026-12-01 16:00' }] } },
      ),
      'lockstep.calendar.windows',
      '2026-12-01 09:00',
      'a window that opens each week',
    ],
    [
      'freezes without a break',
      config(
        {},
        {
          calendar: {
            freezes: [
              ['a', '2026-12-01', '2027-01-01'],
              ['b', '2027-01-01', '2027-02-01'],
              ['c', '2027-02-01', '2027-02-15'],
            ].map(([name, from, until]) => ({ name, from: `${from} 00:00`, until: `${until} 00:00` })),
          },
        },
      ),
      'lockstep.calendar',
      '"a"',
      'From a on, prod would be frozen for more than 62 days without a break',
    ],
    [
      'a calendar that is too long',
      config(
        {},
        {
          calendar: {
            freezes: Array.from({ length: 20 }, (_, index) => ({
              name: `${index} ${'long '.repeat(11)}name`.slice(0, 60),
              from: 'Fri 16:00',
              until: 'Mon 07:00',
            })),
          },
        },
      ),
      'lockstep.calendar',
      'long long',
      'At most 2500 bytes fit',
    ],
    [
      'no address of a developer',
      config({}, { developers: ['d'] }),
      'developers[0]',
      '"d"',
      'e-mail address',
    ],
    [
      'too many people',
      config({}, { approvers: { qc: { addresses: ['q@example.com'], count: 11 }, pmo: ['p@example.com'] } }),
      'lockstep.approvers.qc.count',
      '11',
      'whole number from 1 to 10',
    ],
    ['no e-mail address', config({}, { operators: ['olga'] }), 'operators[0]', '"olga"', 'an e-mail address'],
    [
      'how many releases are kept',
      config({ keep: { releases: 0 } }),
      'applications[0].keep.releases',
      '0',
      'from 1 to 100',
    ],
    [
      'what a newer one does',
      config({ whenNewer: 'stop' }),
      'applications[0].whenNewer',
      '"stop"',
      'supersede',
    ],
    [
      'the approvals of a go-back',
      config({ goBack: { approvals: 'none' } }),
      'applications[0].goBack.approvals',
      '"none"',
      'both',
    ],
    ['an expiry', config({}, { approvalExpiryDays: 0.5 }), 'approvalExpiryDays', '0.5', 'days from 1 to 90'],
    ['a soak', config({}, { soakMinutes: 2881 }), 'soakMinutes', '2881', 'minutes from 0 to 2880'],
    [
      'the old name of the soak',
      config({ deployment: { terminationWaitMinutes: 5 } }),
      '[0].deployment.terminationWaitMinutes',
      '5',
      'called soakMinutes now',
    ],
    ['an account', config({}, { env: { account: 12 } }), 'env.account', '12', '12 digits'],
    ['a region', config({}, { env: { region: 'Frankfurt' } }), 'env.region', '"Frankfurt"', 'us-east-1'],
    [
      'a source that does not say who made a change',
      config({ source: { objectKey: 'orders.zip' } }),
      '[0].source',
      'orders.zip',
      'for archives, source.manifestKeys; for CodeCommit, leave source out; otherwise set makersMayDecide of this application to true',
    ],
    [
      'keys of manifests without archives',
      config({ source: { ...gitHub, manifestKeys: [manifestKey] } }),
      '[0].source.manifestKeys',
      'BEGIN PUBLIC KEY',
      'give objectKey',
    ],
    [
      'one key of manifests twice',
      config({ source: { objectKey: 'orders.zip', manifestKeys: [manifestKey, manifestKey.trim()] } }),
      '[0].source.manifestKeys',
      'BEGIN PUBLIC KEY',
      'give each once',
    ],
    [
      'three keys of manifests',
      config({ source: { objectKey: 'orders.zip', manifestKeys: [0, 1, 2].map(() => aKeyPair().pem) } }),
      '[0].source.manifestKeys',
      'BEGIN PUBLIC KEY',
      'one or two public keys',
    ],
    ...(
      [
        ['of another curve', publicPem(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }))],
        ['of RSA', publicPem(generateKeyPairSync('rsa', { modulusLength: 2048 }))],
        [
          'that is private',
          generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
            .privateKey.export({ type: 'pkcs8', format: 'pem' })
            .toString(),
        ],
        ['that is none', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'],
      ] as const
    ).map(([what, key]): [string, unknown, string, string, string] => [
      `a key of manifests ${what}`,
      config({ source: { objectKey: 'orders.zip', manifestKeys: [key] } }),
      '[0].source.manifestKeys[0]',
      '-----BEGIN',
      'of the curve P-256',
    ]),
    [
      'two sources',
      config({
        source: { repository: 'example/orders', objectKey: 'orders.zip' },
        makersMayDecide: true,
      }),
      '[0].source',
      'orders.zip',
      'either connectionArn and repository, or objectKey',
    ],
    [
      'a repository without connection',
      config({ source: { repository: 'example/orders' }, makersMayDecide: true }),
      '[0].source.connectionArn',
      'nothing was given',
      'Make a connection',
    ],
    [
      "an unknown account's connection",
      config(
        {
          source: {
            connectionArn: 'arn:aws:codeconnections:us-east-1:123456789012:connection/1',
            repository: 'example/orders',
          },
          makersMayDecide: true,
        },
        { env: { account: '210987654321' } },
      ),
      '[0].source.connectionArn',
      '123456789012',
      'The connection is of the account 123456789012: give one of 210987654321',
    ],
    [
      "an unknown account's secret",
      config(
        {
          source: { ...gitHub, connectionArn: gitHub.connectionArn.replace('123456789012', '210987654321') },
        },
        { env: { account: '210987654321' } },
      ),
      '[0].source.tokenSecretArn',
      '123456789012',
      'The secret is of the account 123456789012: give one of 210987654321',
    ],
    [
      'a secret elsewhere',
      config({ source: gitHub }, { env: { region: 'eu-west-1' } }),
      '[0].source.tokenSecretArn',
      'us-east-1',
      'The secret is in us-east-1: give one in eu-west-1',
    ],
    [
      'a secret without the end of its ARN',
      config({ source: { ...gitHub, tokenSecretArn: gitHub.tokenSecretArn.slice(0, -7) } }),
      '[0].source.tokenSecretArn',
      'secret:github',
      'Give the whole ARN of a secret',
    ],
    [
      "a group's repository with a token of GitHub",
      config({ source: { ...gitHub, repository: 'example/group/orders' } }),
      '[0].source.repository',
      'example/group/orders',
      'an owner and a name',
    ],
    [
      'an API without token',
      config({
        source: { ...gitHub, tokenSecretArn: undefined, apiUrl: 'https://x/api/v3' },
        makersMayDecide: true,
      }),
      '[0].source.apiUrl',
      'https://x/api/v3',
      'give tokenSecretArn',
    ],
    [
      'a provider that is not read',
      config({ source: { ...gitHub, provider: 'bitbucket' } }),
      '[0].source.provider',
      '"bitbucket"',
      'Give github or gitlab',
    ],
    [
      'a provider without token',
      config({
        makersMayDecide: true,
        source: { ...gitHub, tokenSecretArn: undefined, provider: 'gitlab' },
      }),
      '[0].source.provider',
      '"gitlab"',
      'give tokenSecretArn',
    ],
    [
      'mails about a repository that is not in CodeCommit',
      config({ source: gitHub, repositoryMails: ['comments'], developers: ['dana@example.com'] }),
      '[0].repositoryMails',
      'comments',
      'Only CodeCommit tells',
    ],
    [
      'mails about a repository to nobody',
      config({ repositoryMails: ['comments'] }),
      '[0].repositoryMails',
      'comments',
      'Give developers',
    ],
    [
      'an unknown kind of mails about a repository',
      config({ repositoryMails: ['pushes'] }),
      '[0].repositoryMails[0]',
      '"pushes"',
      'Give deleted-branches',
    ],
    [
      'a scan of files that cannot be read',
      config({
        makersMayDecide: true,
        source: { ...gitHub, tokenSecretArn: undefined },
        secretScan: 'warn',
      }),
      '[0].secretScan',
      '"warn"',
      'give source.tokenSecretArn',
    ],
    [
      'a scan of archives',
      config({ source: { objectKey: 'orders.zip' }, makersMayDecide: true, secretScan: 'block' }),
      '[0].secretScan',
      '"block"',
      'for archives, give off',
    ],
    [
      'an unknown mode of the scan',
      config({ secretScan: 'fail' }),
      '[0].secretScan',
      '"fail"',
      'Give off, warn',
    ],
    [
      'an API without encryption',
      config({ source: { ...gitHub, apiUrl: 'http://github.example.com/api/v3' } }),
      '[0].source.apiUrl',
      'http://github.example.com',
      'Give the https address',
    ],
    [
      'a token of GitHub for an archive',
      config({ source: { objectKey: 'orders.zip', tokenSecretArn: gitHub.tokenSecretArn } }),
      '[0].source',
      'orders.zip',
      'either connectionArn and repository, or objectKey',
    ],
    [
      'a percentage',
      config({ deployment: { configuration: { minimumHealthyPercent: 100 } } }),
      '[0].deployment.configuration.minimumHealthyPercent',
      '100',
      '0 to 99',
    ],
    [
      'a deployment configuration',
      config({ deployment: { configuration: 'canary' } }),
      '[0].deployment.configuration',
      '"canary"',
      'half-at-a-time',
    ],
    [
      'more alarms than CodeDeploy watches beside Prod’s own',
      config({ deployment: { rollback: { onAlarms: Array(8).fill('one') } } }),
      'rollback.onAlarms',
      '"one"',
      'at most 7',
    ],
    [
      'an alarm that would always be on',
      config({ alarms: { latencyMilliseconds: 0 } }),
      'alarms.latencyMilliseconds',
      '0',
      'from 1 to 60000',
    ],
    [
      'an alarm without a name',
      config({ deployment: { rollback: { onAlarms: [''] } } }),
      'rollback.onAlarms[0]',
      '""',
      'CloudWatch alarm',
    ],
    [
      'instance types of two architectures',
      config({ instanceType: { qat: 't4g.small', prod: 'm7i.large' } }),
      '[0].instanceType',
      't4g.small',
      'one processor architecture',
    ],
    [
      'a schedule',
      config({ imageSchedule: { cron: 'rate(1 day)' } }),
      '[0].imageSchedule.cron',
      '"rate(1 day)"',
      'cron(0 3 ? * sun *)',
    ],
    [
      'no certificate',
      config({ https: { domainName: 'orders.example.com' } }),
      '[0].https.certificateArn',
      'nothing was given',
      'AWS Certificate Manager',
    ],
    [
      'a certificate of another region',
      config({ https }, { env: { region: 'us-east-1' } }),
      '[0].https.certificateArn',
      'eu-west-1',
      'of us-east-1',
    ],
    [
      "an unknown account's certificate",
      config({}, { approvalsSite: https, env: { account: '210987654321' } }),
      'lockstep.approvalsSite.certificateArn',
      '123456789012',
      'The certificate is of the account 123456789012: give one of 210987654321',
    ],
    [
      'one domain name twice',
      config({ https }, { approvalsSite: https }),
      '[0].https.domainName',
      '"orders.example.com"',
      'Another site has this domain name',
    ],
    [
      'a hosted zone of another name',
      config({ https: { ...https, hostedZone: { id: 'Z1', name: 'example.org' } } }),
      '[0].https.hostedZone.name',
      '"example.org"',
      'holds orders.example.com',
    ],
    [
      'a VPC without subnets',
      config({}, { network: { ...existing, privateSubnetIds: undefined } }),
      'network.privateSubnetIds',
      'nothing was given',
      'Name the subnets',
    ],
    [
      'subnets without a VPC',
      config({}, { network: { privateSubnetIds: ['subnet-00000001'] } }),
      'network.privateSubnetIds',
      'subnet-00000001',
      'Name their VPC',
    ],
    [
      'a range for a VPC that has one',
      config({}, { network: { ...existing, cidr: '10.0.0.0/16' } }),
      'network.cidr',
      '"10.0.0.0/16"',
      'Leave it out',
    ],
    [
      'a subnet that is both',
      config({}, { network: { ...existing, privateSubnetIds: ['subnet-00000002'] } }),
      'network.privateSubnetIds[0]',
      '"subnet-00000002"',
      'listed as public too',
    ],
    ['an unknown key', config({}, { aplications: 1 }), 'lockstep.aplications', '1', 'Remove it'],
    ['an unknown key within', config({ prot: 80 }), 'lockstep.applications[0].prot', '80', 'spelling'],
    [
      'one name twice',
      { ...shared, applications: [one, one] },
      'lockstep.applications[1].name',
      '"orders"',
      'Another application has this name',
    ],
    [
      'nobody to approve',
      { operators: shared.operators, applications: [one] },
      'lockstep.applications[0].approvers',
      'nothing was given',
      'lockstep.approvers',
    ],
  ])('%s', (_, value, key, received, remedy) => {
    const [, line, ...more] = messageOf(value).split('\n');
    expect(more).toEqual([]);
    expect(line).toContain(`${key}: `);
    expect(line).toContain(received);
    expect(line).toContain(remedy);
  });
});

it('reports all faults at once', () => {
  const message = messageOf(config({ port: 0, runtime: 'cobol' }, { operators: [] }));
  expect(message.split('\n')).toHaveLength(4);
});
