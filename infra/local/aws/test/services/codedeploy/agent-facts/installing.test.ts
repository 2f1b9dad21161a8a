import fs from 'node:fs';
import path from 'node:path';
import { type AgentFleet, appSpec, createAgentFleet, renamed, withHook } from './agent-fleet.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(120_000);

let agent: AgentFleet;
beforeAll(async () => {
  agent = await createAgentFleet();
});
afterAll(() => agent.fleet.dispose());

const file = (source: string, destination: string) =>
  `  - source: ${source}\n    destination: ${destination}\n`;
const OVERWRITE = 'file_exists_behavior: OVERWRITE\n';
const link = (target: string) => ({ text: target, mode: 0o120777 });

describe('what the agent looks for, and when', () => {
  it('A10: a source may be what BeforeInstall makes', async () => {
    const made = `${withHook('BeforeInstall', 'make.sh')}files:\n${file('made', '/opt/a10')}`;
    const script = '#!/bin/sh\ncd "$(dirname "$0")" && mkdir made && echo late > made/file\n';
    expect(await agent.deploy({ 'appspec.yml': made, 'make.sh': script })).toMatchObject({
      status: 'Succeeded',
    });
    expect(agent.read('opt/a10/file')).toBe('late\n');
  });

  it('A10: a source that is not there fails Install', async () => {
    const text = appSpec(`files:\n${file('dist', '/opt/a10')}`);
    expect(await agent.deploy({ 'appspec.yml': text })).toMatchObject({
      event: 'Install',
      code: 'UnknownError',
      message: expect.stringContaining('dist'),
    });
  });

  it('A10: a missing script fails its own event, and is no fault where the hook never runs', async () => {
    expect(await agent.deploy({ 'appspec.yml': withHook('ValidateService', 'none.sh') })).toMatchObject({
      event: 'ValidateService',
      code: 'ScriptMissing',
      message: 'Script does not exist at specified location: none.sh',
    });
    expect(await agent.deploy({ 'appspec.yml': withHook('BeforeBlockTraffic', 'none.sh') })).toMatchObject({
      status: 'Succeeded',
    });
  });

  it('A11: unpacks a bundle of one folder without that folder', async () => {
    const text = `${withHook('AfterInstall', 'run.sh')}files:\n${file('/', '/opt/a11')}`;
    const run = '#!/bin/sh\ntest -f "$(dirname "$0")/appspec.yml"\n';
    expect(await agent.deploy({ 'orders-1.0/appspec.yml': text, 'orders-1.0/run.sh': run })).toMatchObject({
      status: 'Succeeded',
    });
    expect(agent.has('opt/a11/run.sh')).toBe(true);
  });

  it('A11: fails for a folder beside another', async () => {
    expect(await agent.deploy({ 'a/appspec.yml': appSpec(), 'b/x': 'x' })).toMatchObject({
      event: 'DownloadBundle',
      code: 'UnknownError',
      message: expect.stringContaining('did not find an AppSpec file'),
    });
  });
});

describe('installing files', () => {
  it.each(['DISALLOW', 'OVERWRITE'])(
    'A12: fails for two sources of one destination (%s)',
    async (behavior) => {
      const text = appSpec(
        `file_exists_behavior: ${behavior}\nfiles:\n${file('one/a', '/opt/a12')}${file('two', '/opt/a12')}`,
      );
      expect(await agent.deploy({ 'appspec.yml': text, 'one/a': '1', 'two/a': '2' })).toMatchObject({
        event: 'Install',
        code: 'UnknownError',
        message: expect.stringContaining('two source files'),
      });
    },
  );

  it('A13: permissions reach only what this deployment copied or made', async () => {
    agent.write('opt/a13/old', 'old');
    fs.chmodSync(path.join(agent.root, 'opt/a13/old'), 0o644);
    const rules = '  - {object: /opt/a13, mode: "600", type: [file]}\n  - {object: /opt/none, mode: "600"}\n';
    const text = appSpec(`files:\n${file('app', '/opt/a13')}permissions:\n${rules}`);
    expect(await agent.deploy({ 'appspec.yml': text, 'app/new': 'n' })).toMatchObject({
      status: 'Succeeded',
    });
    expect([agent.mode('opt/a13/old'), agent.mode('opt/a13/new')]).toEqual(['644', '600']);
  });

  it('A13: an object that is a file is its own rule, and the directory that is named is not reached', async () => {
    const rules =
      '  - {object: /opt/a13b/x/f, mode: "601"}\n  - {object: /opt/a13b, mode: "711", type: [directory]}\n';
    const text = appSpec(`files:\n${file('app', '/opt/a13b')}permissions:\n${rules}`);
    expect(await agent.deploy({ 'appspec.yml': text, 'app/x/f': 'f' })).toMatchObject({
      status: 'Succeeded',
    });
    expect([agent.mode('opt/a13b/x/f'), agent.mode('opt/a13b/x'), agent.mode('opt/a13b')]).toEqual([
      '601',
      '711',
      '755',
    ]);
  });

  it('A14: a pattern and an except match direct children only', async () => {
    const rules = '  - {object: /opt/a14, pattern: "*.sh", except: [keep.sh], mode: "700", type: [file]}\n';
    const text = appSpec(`files:\n${file('app', '/opt/a14')}permissions:\n${rules}`);
    const plain = { text: '', mode: 0o100644 };
    const files = { 'app/a.sh': plain, 'app/keep.sh': plain, 'app/deep/b.sh': plain };
    expect(await agent.deploy({ 'appspec.yml': text, ...files })).toMatchObject({ status: 'Succeeded' });
    expect(['a.sh', 'keep.sh', 'deep/b.sh'].map((name) => agent.mode(`opt/a14/${name}`))).toEqual([
      '700',
      '644',
      '644',
    ]);
  });

  it('A15: a link to a directory becomes a directory, one to a file stays a link', async () => {
    const text = appSpec(`files:\n${file('app', '/opt/a15')}`);
    const files = { 'data/x': 'x', 'app/dir': link('../data'), 'app/one': link('../data/x') };
    expect(await agent.deploy({ 'appspec.yml': text, ...files })).toMatchObject({ status: 'Succeeded' });
    const at = (name: string) => fs.lstatSync(path.join(agent.root, 'opt/a15', name));
    expect([at('dir').isDirectory(), agent.read('opt/a15/dir/x')]).toEqual([true, 'x']);
    expect(at('one').isSymbolicLink()).toBe(true);
  });

  it('A16: OVERWRITE puts a file into the directory that has its name', async () => {
    agent.write('opt/a16/app/theirs', 'theirs');
    const text = appSpec(`${OVERWRITE}files:\n${file('app', '/opt/a16')}`);
    expect(await agent.deploy({ 'appspec.yml': text, app: 'ours' })).toMatchObject({ status: 'Succeeded' });
    expect([agent.read('opt/a16/app/theirs'), agent.read('opt/a16/app/app')]).toEqual(['theirs', 'ours']);
  });

  it('A16: OVERWRITE writes through a link', async () => {
    agent.write('opt/a16c/target', 'theirs');
    fs.symlinkSync('target', path.join(agent.root, 'opt/a16c/conf'));
    const text = appSpec(`${OVERWRITE}files:\n${file('conf', '/opt/a16c')}`);
    expect(await agent.deploy({ 'appspec.yml': text, conf: 'ours' })).toMatchObject({ status: 'Succeeded' });
    expect(agent.read('opt/a16c/target')).toBe('ours');
    expect(fs.readlinkSync(path.join(agent.root, 'opt/a16c/conf'))).toBe('target');
  });

  it('A16: through an absolute link, it stays on the instance', async () => {
    const outside = path.join(path.dirname(agent.root), 'outside');
    fs.mkdirSync(path.join(agent.root, 'opt/a16d'), { recursive: true });
    fs.symlinkSync(outside, path.join(agent.root, 'opt/a16d/conf'));
    fs.symlinkSync('../'.repeat(20), path.join(agent.root, 'opt/a16d/up'));
    const text = appSpec(
      `${OVERWRITE}files:\n${file('conf', '/opt/a16d')}${file('app', '/opt/a16d/up/opt/a16e')}`,
    );
    await agent.deploy({ 'appspec.yml': text, conf: 'ours', 'app/x': 'x' });
    expect(fs.existsSync(outside)).toBe(false);
    expect(fs.existsSync('/opt/a16e')).toBe(false);
  });

  it('A16: OVERWRITE fails for a link where a file is', async () => {
    agent.write('opt/a16b/one', 'theirs');
    const text = appSpec(`${OVERWRITE}files:\n${file('app', '/opt/a16b')}`);
    expect(await agent.deploy({ 'appspec.yml': text, 'app/one': link('../x'), x: 'x' })).toMatchObject({
      event: 'Install',
      code: 'UnknownError',
      message: expect.stringContaining('EEXIST'),
    });
  });

  it.each<[string, Buffer]>([
    ['a newline', Buffer.from('line\nfeed')],
    ['a backslash', Buffer.from('back\\slas')],
    ['letters beyond ASCII', Buffer.from('gr\u00fc\u00dfe.x')],
    ['bytes that are no UTF-8', Buffer.from([0x67, 0x72, 0xfc, 0xdf, 0x65, 0x2e, 0x74, 0x78, 0x74])],
  ])('A17: names of files are bytes: %s', async (_, name) => {
    const text = appSpec(
      `files:\n${file('app', '/opt/a17')}permissions:\n  - {object: /opt/a17, mode: "604", type: [file]}\n`,
    );
    const padded = Buffer.alloc(9, 'x');
    name.copy(padded);
    const zip = await renamed({ 'appspec.yml': text, 'app/NAMEHERE_': 'bytes' }, 'NAMEHERE_', padded);
    expect(await agent.deploy(zip)).toMatchObject({ status: 'Succeeded' });
    const names = fs.readdirSync(path.join(agent.root, 'opt/a17'), { encoding: 'buffer' });
    expect(names).toEqual([padded]);
    const there = Buffer.concat([Buffer.from(path.join(agent.root, 'opt/a17/')), padded]);
    expect(fs.statSync(there).mode & 0o777).toBe(0o604);
  });
});
