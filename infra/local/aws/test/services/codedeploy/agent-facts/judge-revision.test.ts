import { judgeRevision } from '../../../../services/codedeploy/agent/judge-revision.ts';
import type { BundleFile } from '../../../instances/application.ts';
import { type AgentFleet, appSpec, createAgentFleet, withHook } from './agent-fleet.ts';

jest.setTimeout(120_000);

const files = (text: string, more: Readonly<Record<string, BundleFile>> = {}) => ({
  'appspec.yml': text,
  'app/a': 'a',
  'app/deep/b': 'b',
  'other/a': 'a',
  ...more,
});
const source = (from: string, to: string) => `  - {source: ${from}, destination: ${to}}\n`;
const rule = (object: string, more = '') => `  - object: ${object}\n    mode: "644"\n${more}`;

describe('what is said of a revision without running it', () => {
  let agent: AgentFleet;
  beforeAll(async () => {
    agent = await createAgentFleet();
  });
  afterAll(() => agent.fleet.dispose());

  it.each<[string, string]>([
    ['is right', appSpec(`files:\n${source('app', '/opt/right')}`)],
    ['A01: has keys that nobody knows', appSpec('resources: {}\n')],
    ['A02: has its version as text', 'version: "0.0"\nos: linux\n'],
    ['A05: has a timeout that is none', withHook('AfterInstall', 'app/a', '      timeout: soon\n')],
    ['A06: has an event that is none', withHook('Aftermath', 'app/a')],
    ['A06: has one without scripts', appSpec('hooks:\n  Aftermath: []\n')],
    ['A07: has an alias', appSpec('files: &f []\npermissions: *f\n')],
    ['A08: is for Windows', 'version: 0.0\nos: windows\n'],
    ['is no YAML', appSpec('hooks: [\n')],
    ['has a file without destination', appSpec('files:\n  - {source: app}\n')],
    ['leads out of itself', appSpec(`files:\n${source('../x', '/opt/out')}`)],
    [
      'A12: has two sources for one file',
      appSpec(`files:\n${source('app', '/opt/two')}${source('other', '/opt/two')}`),
    ],
    [
      'A09: sets permissions twice',
      appSpec(
        `files:\n${source('app', '/opt/twice')}permissions:\n${rule('/opt/twice')}${rule('/opt/twice/a')}`,
      ),
    ],
    [
      'A09: has a pattern for a file',
      appSpec(
        `files:\n${source('app', '/opt/pattern')}permissions:\n${rule('/opt/pattern/a', '    pattern: "*.x"\n')}`,
      ),
    ],
  ])('is what the agent does with one that %s', async (_, text) => {
    const bundle = files(text);
    const { status, event, message } = await agent.deploy(bundle);
    const fault = await judgeRevision(Buffer.from(text), Object.keys(bundle));
    expect(fault).toEqual(status === 'Succeeded' ? undefined : { event, message });
  });

  it('leaves out sources that are missing, which hooks may make, and finds what else is wrong', async () => {
    const missing = source('dist', '/opt/x');
    const say = (text: string) => judgeRevision(Buffer.from(text), Object.keys(files(text)));
    expect(await say(appSpec(`files:\n${missing}`))).toBeUndefined();
    const twice = `${source('app', '/opt/two')}${source('other', '/opt/two')}`;
    expect(await say(appSpec(`files:\n${missing}${twice}`))).toMatchObject({
      event: 'Install',
      message: expect.stringContaining('two source files'),
    });
  });
});
