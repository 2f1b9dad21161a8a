import fc from 'fast-check';
import { type AgentFault, checkRevision } from '../../../tasks/appspec/check-revision.ts';
import type { ConfiguredApplication, Finding, RevisionFile } from '../../../tasks/appspec/revision.ts';

const usual: ConfiguredApplication = {
  name: 'orders',
  port: 8080,
  healthCheckPath: '/health',
  runtime: 'nodejs',
  packages: [],
  hasOwnImage: false,
};

const appSpec = (hooks: string) =>
  `version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /opt/orders\nhooks:\n${hooks}`;
const hook = (event: string, location: string) =>
  `  ${event}:\n    - location: ${location}\n      timeout: 60\n`;
const bothHooks =
  hook('ApplicationStart', 'scripts/start.sh') + hook('ValidateService', 'scripts/validate.sh');

type Texts = Readonly<Record<string, string>>;
/** Nothing is wrong with this one. */
const good: Texts = {
  'appspec.yml': appSpec(bothHooks),
  'scripts/start.sh': '#!/bin/sh\nsystemctl restart orders\n',
  'scripts/validate.sh': '#!/bin/sh\ncurl --fail http://127.0.0.1:8080/health\n',
  'deploy/orders.service': '[Service]\nUser=orders\nExecStart=/usr/bin/node /opt/orders/server.js\n',
  'server.js': "if (request.url === '/health') response.end();\nserver.listen(process.env.PORT ?? 8080);\n",
};

const check = (
  texts: Texts,
  application: Partial<ConfiguredApplication> = {},
  more: Partial<RevisionFile> = {},
  fault?: AgentFault,
): Promise<readonly Finding[]> =>
  checkRevision({
    files: Object.entries(texts).map(([path, text]) => ({
      path,
      text,
      size: text.length,
      isExecutable: true,
      ...(path === 'scripts/start.sh' && more),
    })),
    application: { ...usual, ...application },
    agentFault: async () => fault,
    judgeBuildspec: () => ({ commands: [] }),
  });

const start = (text: string): Texts => ({ ...good, 'scripts/start.sh': `#!/bin/bash\n${text}\n` });
/** `severity file:line text`, one line each. */
const told = (findings: readonly Finding[]) =>
  findings.map(({ severity, file, line, text }) => `${severity} ${file}:${line ?? ''} ${text}`).join('\n');

it('nothing is said of a revision that is right', async () => {
  expect(await check(good)).toEqual([]);
});

describe('scripts are warned of', () => {
  it.each<[string, string, string]>([
    [
      'A18: a file of the revision',
      'cat appspec.yml',
      'warning scripts/start.sh:2 "appspec.yml" depends on the working',
    ],
    ['A18: a path with a dot', './run', '"./run" depends on the working directory'],
    [
      'A18: what is sourced',
      'true\n. scripts/common.sh',
      'warning scripts/start.sh:3 ". scripts/common.sh" depends',
    ],
    ['A18: a program', 'node server.js >/dev/null', '"node server.js" depends on'],
    ['A18: npm', 'npm ci', '"npm" depends on'],
    ['A18: a relative cd', 'cd app\n./run', '"cd app" depends on'],
    ['A19: no redirection', 'node /opt/x.js &', '"node /opt/x.js &" keeps stdout and stderr open'],
    ['A19: nohup alone', 'nohup node /opt/x.js &', 'nohup alone does not change that'],
    ['A19: only one', 'node /opt/x.js >/dev/null &', 'keeps stderr open'],
    ['A19: a group', '(sleep 1; node /opt/x.js) &', 'keeps stdout and stderr open'],
    [
      'a server in the foreground',
      'cd /opt/orders\nnpm start',
      'warning scripts/start.sh:3 "npm start" seems to run a server',
    ],
    ['questions', 'dnf install -q httpd', 'asks before it acts'],
    ['a tool of another system', 'apt-get -y update', 'apt-get is not in the image of orders'],
    [
      'a runtime that is not configured',
      'java -version',
      'java is not in the image of orders (Amazon Linux 2023, runtime nodejs). Set runtime to java',
    ],
    ['docker', 'docker ps', 'Install it in the image (image.packages)'],
    [
      'a unit that nothing installs',
      'systemctl start shop',
      'Nothing in the revision installs the unit shop.service',
    ],
    ['a unit by service', 'service nginx start', 'the unit nginx.service'],
    ['Windows line ends inside', 'true\r\ntrue', 'warning scripts/start.sh:2 Windows line ends'],
  ])('%s', async (_, text, expected) => {
    expect(told(await check(start(text)))).toContain(expected);
  });

  it.each<[string, string]>([
    ['a change to a directory before', 'cd "$(dirname "$0")/.."\n./run\n. scripts/common.sh\nnpm ci'],
    ['an absolute path', '/opt/orders/run\n. /opt/orders/common.sh'],
    ["the script's own place", '. "$(dirname "$0")/common.sh"'],
    ['a comment or a text', '# ./run &\necho "./run &"'],
    ['all outputs redirected', 'node /opt/x.js >/dev/null 2>&1 </dev/null &'],
    ['both at once', 'node /opt/x.js &>/var/log/x.log &'],
    ['outputs redirected before', 'exec >/var/log/x.log 2>&1\nnode /opt/x.js &'],
    ['a process that is waited for', 'sleep 1 &\nwait'],
    ['a detached container', 'dnf -y install docker\ndocker run -d nginx'],
    ['what the script installs', 'dnf -y install nginx\nnginx -t\nsystemctl enable --now nginx'],
    ['what is looked for first', 'if command -v docker >/dev/null; then docker ps; fi'],
    [
      'a unit that is written',
      'cat >/etc/systemd/system/shop.service <<END\n[Service]\nEND\nsystemctl start shop',
    ],
    ['a unit with a variable', 'systemctl start "$unit"'],
    ['a here-document', 'cat >/tmp/x <<END\n./run &\nEND'],
  ])('not with %s', async (_, text) => {
    expect(told(await check(start(text)))).toBe('');
  });

  it('when hooks call them, and say nothing of those that nobody calls', async () => {
    const called = { ...start('. "$(dirname "$0")/common.sh"'), 'scripts/common.sh': 'node /opt/x.js &\n' };
    expect(told(await check(called))).toContain('warning scripts/common.sh:1 "node /opt/x.js &" keeps');
    expect(told(await check({ ...good, 'tools/dev.sh': 'node server.js &\n' }))).toBe('');
  });

  it('by what their first line lacks, and how they are stored', async () => {
    const first = async (text: string) => told(await check({ ...good, 'scripts/start.sh': text }));
    expect(await first('true\n')).toMatch(/^warning scripts\/start.sh:1 It begins with "true" instead/);
    expect(await first('#!/bin/sh\r\ntrue\r\n')).toMatch(
      /^error scripts\/start.sh:1 "#!\/bin\/sh" ends with a carriage/,
    );
    expect(told(await check(good, {}, { isExecutable: false }))).toMatch(
      /^note scripts\/start.sh: It may not be executed/,
    );
  });
});

describe('the configuration decides', () => {
  it.each<[string, Partial<ConfiguredApplication>, string]>([
    ['the runtime', { runtime: 'java' }, 'java -version'],
    ['packages of the image', { packages: ['docker'] }, 'docker ps'],
  ])('what the image has: %s', async (_, application, text) => {
    expect(told(await check(start(text), application))).toBe('');
    expect(told(await check(start(text)))).toContain('warning');
  });

  it('that an own image is not known', async () => {
    expect(told(await check(start('docker ps'), { hasOwnImage: true }))).toMatch(/^note .*docker is not/);
  });

  it('which port it listens on', async () => {
    const text = (code: string): Texts => ({ ...good, 'server.js': `'/health';\n${code}\n` });
    for (const code of [
      'app.listen(3000)',
      'const port = process.env.PORT || 3000',
      'app.run(host="0", port=3000)',
      'gunicorn -b 0.0.0.0:3000 a:b',
    ])
      expect(told(await check(text(code)))).toContain('warning server.js:2 It seems to listen on port 3000');
    expect(told(await check(text('app.listen(3000)'), { port: 3000 }))).toBe('');
    const withUnit = {
      ...text('process.env.PORT || 3000'),
      'deploy/orders.service': 'Environment=PORT=8080\n',
    };
    expect(told(await check(withUnit))).toBe('');
    expect(told(await check({ ...good, 'test/a.js': 'app.listen(3000)' }))).toBe('');
  });

  it('who may listen below 1024', async () => {
    const at80 = { ...good, 'server.js': "'/health'; server.listen(80)" };
    expect(told(await check(at80, { port: 80 }))).toContain(
      'warning deploy/orders.service:2 It runs as orders',
    );
    const unit = `${good['deploy/orders.service']}AmbientCapabilities=CAP_NET_BIND_SERVICE\n`;
    expect(told(await check({ ...at80, 'deploy/orders.service': unit }, { port: 80 }))).toBe('');
  });

  it('which health check is answered', async () => {
    expect(told(await check(good, { healthCheckPath: '/ready' }))).toContain(
      '/ready, and no code names it (a guess',
    );
    for (const file of ['ready', 'public/ready/index.html'])
      expect(told(await check({ ...good, [file]: '' }, { healthCheckPath: '/ready' }))).toBe('');
    expect(told(await check(good, { healthCheckPath: '/' }))).toBe('');
  });
});

describe('the AppSpec file', () => {
  const withHooks = (hooks: string): Texts => ({ ...good, 'appspec.yml': appSpec(hooks) });

  it('must be there', async () => {
    const { 'appspec.yml': _, ...rest } = good;
    expect(await check(rest)).toEqual([
      expect.objectContaining({ severity: 'error', event: 'DownloadBundle', file: 'appspec.yml' }),
    ]);
  });

  it('is judged by the agent, at the line that it means', async () => {
    const message = 'an invalid version value ("0.0") was entered';
    const [first] = await check(good, {}, {}, { event: 'BeforeInstall', message });
    expect(first).toEqual({
      severity: 'error',
      file: 'appspec.yml',
      line: 1,
      event: 'BeforeInstall',
      text: message,
    });
    const [second] = await check(
      good,
      {},
      {},
      { event: 'BeforeInstall', message: 'wrong (hooks.ValidateService[0])' },
    );
    expect(second).toMatchObject({ line: 11 });
  });

  it.each<[string, string, string]>([
    [
      'a script that is missing',
      hook('AfterInstall', 'none.sh'),
      'error appspec.yml:8 hooks.AfterInstall[0].location: none.sh is not in the revision',
    ],
    [
      'one that stops',
      hook('ApplicationStop', 'none.sh'),
      'warning appspec.yml:8 hooks.ApplicationStop[0].location',
    ],
    [
      'one of old instances',
      hook('AfterBlockTraffic', 'none.sh'),
      'It runs when the next promotion replaces this one.',
    ],
    [
      'a hook that QAT cannot try',
      hook('BeforeBlockTraffic', 'scripts/start.sh'),
      'note appspec.yml:7 QAT never runs BeforeBlockTraffic',
    ],
    [
      'no timeout',
      '  AfterInstall:\n    - location: scripts/start.sh\n',
      'note appspec.yml:8 scripts/start.sh has no timeout',
    ],
    [
      'too long a one',
      '  AfterInstall:\n    - location: scripts/start.sh\n      timeout: 4000\n',
      'warning appspec.yml:7 hooks.AfterInstall: Its timeouts are 4000 s',
    ],
    [
      'an unknown key',
      `${hook('AfterInstall', 'scripts/start.sh')}      shell: sh\n`,
      'warning appspec.yml:10 hooks.AfterInstall[0].shell',
    ],
  ])('is told of: %s', async (_, hooks, expected) => {
    expect(told(await check(withHooks(hooks + bothHooks)))).toContain(expected);
  });

  it('lacks a check of the service', async () => {
    expect(told(await check(withHooks(hook('ApplicationStart', 'scripts/start.sh'))))).toContain(
      'warning appspec.yml:6 There is no ValidateService hook',
    );
  });

  it('may name a source that a hook makes, and no other', async () => {
    const dist = (hooks: string) => ({
      ...good,
      'appspec.yml': appSpec(hooks).replace('source: /', 'source: dist'),
    });
    expect(told(await check(dist(bothHooks)))).toContain(
      'error appspec.yml:4 files[0].source: dist is not in',
    );
    expect(told(await check(dist(hook('BeforeInstall', 'scripts/start.sh') + bothHooks)))).toContain(
      'warning appspec.yml:4 files[0].source',
    );
  });
});

describe('users that Amazon Linux lacks are told', () => {
  it.each<[string, string]>([
    ['a new owner', 'chown -R ubuntu:ubuntu /opt/orders'],
    ['a new group', 'chown root:www-data /opt/orders'],
    ['sudo', 'sudo -H -u ubuntu ls'],
    ['su', 'su - ubuntu -c ls'],
    ['runuser', 'runuser -u "ubuntu" -- ls'],
  ])('of scripts: %s', async (_, text) => {
    expect(told(await check(start(text)))).toMatch(
      /^warning scripts\/start.sh:2 The image of orders \(Amazon Linux 2023\) has no user or group (?:ubuntu|www-data)\./,
    );
    expect(told(await check(start(`useradd ubuntu\ngroupadd www-data\n${text}`)))).toBe('');
    expect(told(await check(start(text.replace(/ubuntu|www-data/g, 'orders'))))).toBe('');
    expect(told(await check(start(text), { hasOwnImage: true }))).toMatch(/^note /);
  });

  it('of the AppSpec file, with their lines', async () => {
    const rule = 'permissions:\n  - object: /opt/orders\n    owner: ubuntu\n    group: root\n';
    const appSpecText =
      appSpec(bothHooks.replace('timeout: 60\n', 'timeout: 60\n      runas: ubuntu\n')) + rule;
    expect(told(await check({ ...good, 'appspec.yml': appSpecText }))).toMatch(
      /^warning appspec.yml:10 hooks.ApplicationStart\[0\].runas: .*\nwarning appspec.yml:16 permissions\[0\].owner: .*$/,
    );
  });
});

describe('secrets', () => {
  it.each<[string, string, boolean]>([
    ['.env', 'A=1', true],
    ['api/.env.production', 'A=1', true],
    ['.env.example', 'A=', false],
    ['tls/server.pem', 'x', true],
    ['tls/ca.pem', '-----BEGIN CERTIFICATE-----', false],
    ['notes', '-----BEGIN RSA PRIVATE KEY-----\n', true],
    ['id_ed25519', 'x', true],
    ['id_ed25519.pub', 'x', false],
    ['.npmrc', '//registry.npmjs.org/:_authToken=abc', true],
    ['.npmrc', `//registry.npmjs.org/:_authToken=\${TOKEN}`, false],
  ])('%s with %s looks like one: %s', async (path, text, expected) => {
    expect(told(await check({ ...good, [path]: text })).includes(`warning ${path}:`)).toBe(expected);
  });
});

it('a revision of more than CodePipeline takes is told with its largest file', async () => {
  expect(told(await check(good, {}, { size: 2 * 1024 ** 3 }))).toContain(
    'warning scripts/start.sh: The revision has 2048 MiB',
  );
});

it('any text is read', async () => {
  const file = fc.constantFrom(
    'appspec.yml',
    'scripts/start.sh',
    'server.js',
    'deploy/orders.service',
    '.env',
  );
  await fc.assert(
    fc.asyncProperty(file, fc.string({ maxLength: 200 }), async (path, text) => {
      const findings = await check({ ...good, [path]: text });
      for (const { line, text: said } of findings)
        expect([(line ?? 1) >= 1, said.length > 0]).toEqual([true, true]);
    }),
  );
});
