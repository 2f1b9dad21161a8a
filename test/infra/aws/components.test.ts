import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../../infra/local/run/synthesize.ts';
import { only, stackOf, templates } from './support/templates.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const orders = stackOf(templates(), 'Lockstep-orders');
const folder = path.join(projectRoot, 'infra/aws/image/components');
const documents = fs.readdirSync(folder).map((file) => file.replace('.yaml', ''));
const buildCommands = (document: string): string[] =>
  (
    parse(fs.readFileSync(path.join(folder, `${document}.yaml`), 'utf8')) as {
      phases: { name: string; steps: { inputs: { commands: string[] } }[] }[];
    }
  ).phases
    .filter(({ name }) => name === 'build')
    .flatMap(({ steps }) => steps.flatMap(({ inputs }) => inputs.commands));

/** Runs a component's commands with stand-ins for what would change the machine. @returns what they called, in order */
const run = (
  commands: readonly string[],
  { failures = 0, answers = {} }: { failures?: number; answers?: Readonly<Record<string, string>> } = {},
) => {
  const directory = temporaryDirectory();
  const log = path.join(directory, 'log');
  fs.writeFileSync(log, '');
  fs.writeFileSync(path.join(directory, 'failures'), String(failures));
  const stub = (name: string, script: string) =>
    fs.writeFileSync(path.join(directory, name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  stub(
    'dnf',
    `echo "dnf $*" >> ${log}
[ "$1" = clean ] && exit 0
left=$(cat ${directory}/failures)
[ "$left" = 0 ] && exit 0
echo $((left - 1)) > ${directory}/failures
exit 1`,
  );
  for (const name of ['sleep', 'systemctl', 'rm']) stub(name, `echo "${name} $*" >> ${log}`);
  stub(
    'curl',
    `url="\${@: -1}"
case "$url" in
  */token) echo token ;;
  */region) echo eu-west-1 ;;
${Object.entries(answers)
  .map(
    ([end, code]) =>
      `  */${end}/install) echo "echo installed-${end} \\$* >> ${log}" > ${directory}/codedeploy-install; printf ${code} ;;`,
  )
  .join('\n')}
esac`,
  );
  let status = 0;
  try {
    for (const command of commands)
      execFileSync('bash', ['-c', command.replaceAll('/tmp/', `${directory}/`)], {
        env: { PATH: `${directory}:/usr/bin:/bin` },
        stdio: 'pipe',
      });
  } catch (error) {
    status = (error as { status: number }).status;
  }
  return { status, log: fs.readFileSync(log, 'utf8').trim().split('\n') };
};

describe('components that install packages', () => {
  const installing = documents.filter((document) => buildCommands(document).join().includes('dnf '));
  const answers = { latestv2: '404', latest: '200' };

  it('are all of them', () => {
    expect(installing.sort()).toEqual([
      'codedeploy-agent',
      'runtime-java',
      'runtime-nodejs',
      'runtime-python',
      'security-updates',
    ]);
  });

  it.each(installing)('T65: %s tries once more with fresh metadata, minutes later', (document) => {
    const { status, log } = run(buildCommands(document), { failures: 1, answers });
    expect(status).toBe(0);
    const [first, ...then] = log;
    expect(first).toMatch(/^dnf -y (install|upgrade) /);
    expect(then.slice(0, 3)).toEqual(['sleep 120', 'dnf clean metadata', first]);
  });

  it.each(installing)('fails after the second time: %s', (document) => {
    expect(run(buildCommands(document), { failures: 2, answers }).status).not.toBe(0);
  });

  it('T67: install Node 24', () => {
    expect(run(buildCommands('runtime-nodejs')).log).toEqual([
      'dnf -y install --releasever=latest nodejs24 nodejs24-npm',
    ]);
  });
});

describe("CodeDeploy's agent (T66)", () => {
  it('is version 2 where the region has it, without Ruby', () => {
    const { status, log } = run(buildCommands('codedeploy-agent'), { answers: { latestv2: '200' } });
    expect(status).toBe(0);
    expect(log[0]).toBe('installed-latestv2 auto');
    expect(log.join()).not.toContain('ruby');
  });

  it.each(['403', '404'])('is version 1 with a Ruby that it supports where S3 answers %s', (code) => {
    const { status, log } = run(buildCommands('codedeploy-agent'), {
      answers: { latestv2: code, latest: '200' },
    });
    expect(status).toBe(0);
    expect(log.slice(0, 2)).toEqual(['dnf -y install --releasever=latest ruby3.2', 'installed-latest auto']);
  });

  it.each([
    ['version 2', { latestv2: '503', latest: '200' }],
    ['version 1', { latestv2: '404', latest: '503' }],
  ])('fails where S3 does not give %s: another version is no answer to that', (_, answers) => {
    const { status, log } = run(buildCommands('codedeploy-agent'), { answers });
    expect(status).not.toBe(0);
    expect(log.join()).not.toContain('installed');
  });

  it("comes to Prod's first instances by the same commands", () => {
    const [install] = buildCommands('codedeploy-agent');
    const [, { Properties }] = only(orders, 'AWS::EC2::LaunchTemplate', 'ProdSeedLaunchTemplate');
    expect(JSON.stringify(Properties)).toContain(JSON.stringify(install).slice(1, -1));
  });
});
