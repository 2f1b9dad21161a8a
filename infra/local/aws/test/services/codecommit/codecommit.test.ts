import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import yauzl from 'yauzl';
import { createCodeCommitService } from '../../../services/codecommit/codecommit.ts';
import {
  ACCOUNT,
  administrator,
  context,
  create,
  createWorld,
  putRole,
  REGION,
  runFor,
  startProcess,
  until,
  type World,
} from '../shared/test-host.ts';

const ARN = `arn:aws:codecommit:${REGION}:${ACCOUNT}:orders`;

describe('CodeCommit', () => {
  let world: World;
  let work: string;

  beforeEach(() => {
    world = createWorld();
    work = path.join(world.stateDir, 'work');
    fs.mkdirSync(work);
    git('init', '--quiet', '--initial-branch=main');
  });
  afterEach(() => world.remove());

  /** A developer's git: its own configuration, also one that names other hooks. */
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: work,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: world.stateDir,
        GIT_AUTHOR_NAME: 'Ann',
        GIT_AUTHOR_EMAIL: 'ann@example.com',
        GIT_AUTHOR_DATE: '1764000000 +0100',
        GIT_COMMITTER_NAME: 'Dana',
        GIT_COMMITTER_EMAIL: 'dana@example.com',
        GIT_COMMITTER_DATE: '1764000100 -0800',
      },
    }).trim();
  const commit = (files: Record<string, string>, message = 'Change') => {
    for (const [name, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(work, name)), { recursive: true });
      fs.writeFileSync(path.join(work, name), content);
    }
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  /** What git showed to the pusher. */
  const push = (...refs: string[]) => {
    const remote = path.join(world.stateDir, 'git', 'orders.git');
    const script = ['push', '--force', remote, ...refs];
    return execFileSync('sh', ['-c', 'exec git "$@" 2>&1', 'sh', ...script], {
      cwd: work,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: world.stateDir },
    });
  };
  const open = async (writesToLive?: number) => {
    const process = startProcess(world, writesToLive);
    const codecommit = process.register(createCodeCommitService);
    const state = await create(codecommit, 'AWS::CodeCommit::Repository', 'Repository', {
      RepositoryName: 'orders',
    });
    const call = <Output = Record<string, unknown>>(name: string, input: object, principal = administrator) =>
      process.inner.call<Output>(principal, 'codecommit', name, { repositoryName: 'orders', ...input });
    return { process, codecommit, state, call };
  };
  const running = async (writesToLive?: number) => {
    const opened = await open(writesToLive);
    await opened.codecommit.start?.();
    return opened;
  };
  const details = () => world.events.map(({ detail }) => detail);

  it('raises an event for each branch that a push creates or updates (T41), and tells the pusher', async () => {
    const { codecommit, state } = await running();
    const first = commit({ 'a.txt': '1' });
    const output = push('main');
    expect(output).toContain(`remote: Lockstep: main is at ${first.slice(0, 7)}.`);
    expect(output).toContain('http://127.0.0.1:4569/');
    await until(world, () => world.events.length === 1);
    expect(world.events[0]).toMatchObject({
      source: 'aws.codecommit',
      'detail-type': 'CodeCommit Repository State Change',
      resources: [ARN],
      detail: {
        event: 'referenceCreated',
        repositoryName: 'orders',
        repositoryId: state.physicalId,
        referenceType: 'branch',
        referenceName: 'main',
        referenceFullName: 'refs/heads/main',
        commitId: first,
        callerUserArn: `arn:aws:iam::${ACCOUNT}:user/dana`,
      },
    });
    expect(details()[0]).not.toHaveProperty('oldCommitId');
    const second = commit({ 'a.txt': '2' });
    push('main', 'main:refs/heads/release/1', 'main:refs/tags/v1');
    await until(world, () => world.events.length === 4);
    expect(details().slice(1)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          event: 'referenceUpdated',
          referenceName: 'main',
          commitId: second,
          oldCommitId: first,
        }),
        expect.objectContaining({ event: 'referenceCreated', referenceName: 'release/1', commitId: second }),
        expect.objectContaining({ event: 'referenceCreated', referenceType: 'tag', referenceName: 'v1' }),
      ]),
    );
    await codecommit.stop?.();
  });

  it('records each push for CloudTrail, once, also after a crash at any write', async () => {
    commit({ 'a.txt': '1' });
    for (let writesToLive = 1; writesToLive < 6; writesToLive++) {
      const { process, codecommit } = await running(writesToLive);
      if (writesToLive === 1) push('main');
      await runFor(world, 300);
      process.kill();
      await codecommit.stop?.();
    }
    const { codecommit } = await running();
    await until(world, () => world.events.length > 0);
    const records = world.store
      .table<{ readonly name: string; readonly record: string }>('cloudtrail.events')
      .values();
    expect(records).toHaveLength(1);
    expect(records[0]?.name).toBe('GitPush');
    expect(JSON.parse(records[0]?.record ?? '')).toMatchObject({
      userIdentity: { arn: `arn:aws:iam::${ACCOUNT}:user/dana` },
      requestParameters: { references: [{ commit: git('rev-parse', 'HEAD'), ref: 'refs/heads/main' }] },
      additionalEventData: { repositoryName: 'orders', dataTransferred: true },
      resources: [{ ARN }],
    });
    await codecommit.stop?.();
  });

  it('raises no event for a push that changes nothing, and a deletion for a deleted branch', async () => {
    const { codecommit } = await running();
    const first = commit({ 'a.txt': '1' });
    push('main', 'main:dev');
    push('main');
    await until(world, () => world.events.length === 2);
    expect(push(':dev')).toContain('dev was deleted');
    await until(world, () => world.events.length === 3);
    expect(details()[2]).toMatchObject({
      event: 'referenceDeleted',
      referenceName: 'dev',
      oldCommitId: first,
    });
    expect(details()[2]).not.toHaveProperty('commitId');
    await runFor(world, 500);
    expect(world.events).toHaveLength(3);
    await codecommit.stop?.();
  });

  it('announces at the start what was pushed while nothing ran, and says so to the pusher', async () => {
    await open();
    const first = commit({ 'a.txt': '1' });
    expect(push('main')).toContain(`Lockstep is not running: it takes up main at ${first.slice(0, 7)}`);
    const second = commit({ 'a.txt': '2' });
    push('main');
    const { codecommit } = await running();
    expect(details().map(({ event, commitId }) => [event, commitId])).toEqual([
      ['referenceCreated', first],
      ['referenceUpdated', second],
    ]);
    await codecommit.stop?.();
  });

  it('announces at the start what the hook could not note', async () => {
    await open();
    const remote = path.join(world.stateDir, 'git', 'orders.git');
    fs.writeFileSync(path.join(remote, 'hooks', 'post-receive'), '#!/bin/sh\nexit 1\n');
    const first = commit({ 'a.txt': '1' });
    push('main');
    const { codecommit } = await running();
    expect(details()).toEqual([expect.objectContaining({ event: 'referenceCreated', commitId: first })]);
    await codecommit.stop?.();
    world.events.length = 0;
    const again = await running();
    expect(world.events).toEqual([]);
    await again.codecommit.stop?.();
  });

  it('announces each push once, whichever write a crash comes after', async () => {
    await open();
    const commits = [commit({ 'a.txt': '0' })];
    push('main');
    for (let life = 1; life <= 3; life++) {
      commits.push(commit({ 'a.txt': String(life) }));
      push('main');
    }
    for (let life = 1; life <= 6; life++) {
      // Each process dies after one more write: making the repository is the first of them.
      const { process, codecommit } = await open(life);
      await codecommit.start?.();
      process.kill();
    }
    const { codecommit } = await running();
    expect(details().map(({ commitId }) => commitId)).toEqual(commits);
    await codecommit.stop?.();
  });

  it("hears of pushes although the pusher's git names other hooks", async () => {
    fs.writeFileSync(path.join(world.stateDir, '.gitconfig'), '[core]\n\thooksPath = /nonexistent\n');
    const { codecommit } = await running();
    commit({ 'a.txt': '1' });
    push('main');
    await until(world, () => world.events.length === 1);
    await codecommit.stop?.();
  });

  it('describes repositories, branches and commits', async () => {
    const { call, state } = await open();
    await expect(call('GetBranch', { branchName: 'main' })).rejects.toMatchObject({
      name: 'BranchDoesNotExistException',
    });
    const first = commit({ 'a.txt': '1' }, 'First\n\nwith a body');
    const second = commit({ 'b.txt': '1' });
    push('main', 'main:dev');
    const { repositoryMetadata } = await call<{ repositoryMetadata: { cloneUrlHttp: string } }>(
      'GetRepository',
      {},
    );
    expect(repositoryMetadata).toMatchObject({
      repositoryId: state.physicalId,
      repositoryName: 'orders',
      Arn: ARN,
      defaultBranch: 'main',
    });
    expect(fs.existsSync(fileURLToPath(repositoryMetadata.cloneUrlHttp))).toBe(true);
    expect(await call('GetBranch', { branchName: 'main' })).toEqual({
      branch: { branchName: 'main', commitId: second },
    });
    expect(await call('GetCommit', { commitId: first })).toMatchObject({
      commit: {
        commitId: first,
        parents: [],
        message: 'First\n\nwith a body\n',
        author: { name: 'Ann', email: 'ann@example.com', date: '1764000000 +0100' },
        committer: { name: 'Dana', email: 'dana@example.com', date: '1764000100 -0800' },
      },
    });
    expect(await call('BatchGetCommits', { commitIds: [second, 'a'.repeat(40)] })).toMatchObject({
      commits: [{ commitId: second, parents: [first] }],
      errors: [{ commitId: 'a'.repeat(40), errorCode: 'CommitIdDoesNotExistException' }],
    });
    await expect(call('GetCommit', { commitId: '--all' })).rejects.toMatchObject({
      name: 'CommitIdDoesNotExistException',
    });
    await expect(call('GetRepository', { repositoryName: 'none' })).rejects.toMatchObject({
      name: 'RepositoryDoesNotExistException',
    });
  });

  it('gives differences and files', async () => {
    const { call } = await open();
    const first = commit({ 'src/a.txt': '1', 'gone.txt': 'x' });
    fs.rmSync(path.join(work, 'gone.txt'));
    commit({ 'src/a.txt': '2', 'src/new file.txt': 'n' });
    push('main');
    type Answer = {
      differences: { changeType: string; beforeBlob?: { path: string }; afterBlob?: { path: string } }[];
    };
    const changes = ({ differences }: Answer) =>
      differences.map((one) => [one.changeType, one.beforeBlob?.path, one.afterBlob?.path]);
    expect(
      changes(await call('GetDifferences', { beforeCommitSpecifier: first, afterCommitSpecifier: 'main' })),
    ).toEqual([
      ['D', 'gone.txt', undefined],
      ['M', 'src/a.txt', 'src/a.txt'],
      ['A', undefined, 'src/new file.txt'],
    ]);
    expect(changes(await call('GetDifferences', { afterCommitSpecifier: first }))).toHaveLength(2);
    await expect(call('GetDifferences', { afterCommitSpecifier: '--output=/tmp/x' })).rejects.toMatchObject({
      name: 'CommitDoesNotExistException',
    });
    type File = { commitId: string; fileContent: Uint8Array; fileMode: string };
    const file = await call<File>('GetFile', { commitSpecifier: first, filePath: 'src/a.txt' });
    expect(file).toMatchObject({ commitId: first, fileMode: 'NORMAL', fileSize: 1 });
    expect(Buffer.from(file.fileContent).toString()).toBe('1');
    const named = await call<File>('GetFile', { filePath: 'src/new file.txt' });
    expect(Buffer.from(named.fileContent).toString()).toBe('n');
    for (const filePath of ['gone.txt', 'src', '../x'])
      await expect(call('GetFile', { filePath })).rejects.toMatchObject({
        name: 'FileDoesNotExistException',
      });
  });

  it('archives every file of a commit as it was committed, with its id where the content asks for it', async () => {
    const { call } = await open();
    const id = commit({
      '.gitattributes': 'secret.txt export-ignore\nversion.txt export-subst\n*.sh filter=evil\n',
      'secret.txt': 'kept',
      'version.txt': '$Format:%H$',
      'bin/run.sh': '#!/bin/sh\n',
    });
    push('main');
    const { archive } = await call<{ archive: Uint8Array }>('UploadArchive', { commitId: id });
    const files = await zipTexts(archive);
    expect([...files.keys()].sort()).toEqual(['.gitattributes', 'bin/run.sh', 'secret.txt', 'version.txt']);
    expect(files.get('version.txt')).toBe(id);
    const denied = putRole(world, 'pipeline', 'codepipeline.amazonaws.com', [
      { Effect: 'Allow', Action: 'codecommit:UploadArchive', Resource: ARN },
    ]);
    await expect(call('UploadArchive', { commitId: id }, denied)).rejects.toThrow(
      `codecommit:GetUploadArchiveStatus on resource: ${ARN}`,
    );
  });

  it('announces a push to a repository that was deleted and made again as another one', async () => {
    const { codecommit, state } = await running();
    commit({ 'a.txt': '1' });
    push('main');
    await until(world, () => world.events.length === 1);
    await codecommit.resources['AWS::CodeCommit::Repository']?.delete(state, context('Repository'), {});
    world.clock.advance(1000);
    await create(codecommit, 'AWS::CodeCommit::Repository', 'Repository', { RepositoryName: 'orders' });
    push('main');
    await until(world, () => world.events.length === 2);
    const [first, second] = world.events;
    expect(second?.detail).toEqual(first?.detail);
    expect(second?.id).not.toBe(first?.id);
    await codecommit.stop?.();
  });

  it('renames and deletes repositories with what they hold', async () => {
    const { codecommit, state, process } = await running();
    commit({ 'a.txt': '1' });
    push('main');
    await until(world, () => world.events.length === 1);
    const provider = codecommit.resources['AWS::CodeCommit::Repository'];
    const renamed = await provider?.update({ RepositoryName: 'shop' }, context('Repository'), {
      state,
      properties: {},
    });
    expect(renamed).toMatchObject({ physicalId: state.physicalId, attributes: { Name: 'shop' } });
    await expect(
      process.inner.call(administrator, 'codecommit', 'GetBranch', {
        repositoryName: 'shop',
        branchName: 'main',
      }),
    ).resolves.toBeDefined();
    await runFor(world, 300);
    expect(world.events).toHaveLength(1);
    await provider?.delete(renamed ?? state, context('Repository'), {});
    expect(fs.readdirSync(path.join(world.stateDir, 'git'))).toEqual(['running.json']);
    await codecommit.stop?.();
  });

  it('fails for names that are no folder of its own', async () => {
    const { codecommit } = await open();
    const make = (properties: object) =>
      create(codecommit, 'AWS::CodeCommit::Repository', 'Other', { ...properties });
    for (const RepositoryName of ['../x', '.hidden', 'a/b', 'a.git', ''])
      await expect(make({ RepositoryName })).rejects.toThrow('RepositoryName');
    await expect(make({ RepositoryName: 'orders' })).rejects.toMatchObject({
      name: 'RepositoryNameExistsException',
    });
    await expect(make({ RepositoryName: 'b', Code: {} })).rejects.toThrow('Code');
  });
});

/** The files of a zip, by name. */
const zipTexts = async (archive: Uint8Array): Promise<Map<string, string>> => {
  const zip = await yauzl.fromBufferPromise(Buffer.from(archive));
  const texts = new Map<string, string>();
  for await (const entry of zip.eachEntry()) {
    if (!entry.fileName.endsWith('/'))
      texts.set(entry.fileName, await text(await zip.openReadStreamPromise(entry)));
  }
  return texts;
};
