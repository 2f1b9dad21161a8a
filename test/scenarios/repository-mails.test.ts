import fs from 'node:fs';
import path from 'node:path';
import { readOutbox } from '@lockstep/aws-emulator';
import { git } from '../../infra/local/run/git.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import type { Configuration } from './support/assemblies.ts';
import { eventually, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

describe('mails about the repository', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    const text = fs.readFileSync(path.join(projectRoot, 'cdk.json'), 'utf8');
    const { lockstep } = (JSON.parse(text) as { context: { lockstep: Configuration } }).context;
    const [first, ...others] = lockstep.applications;
    const repositoryMails = ['deleted-branches', 'pull-requests', 'comments'];
    scenario = await startScenario({
      lockstep: { ...lockstep, applications: [{ ...first, repositoryMails }, ...others] },
    });
  });
  afterAll(() => scenario.stop());

  /** To whom a mail went whose subject begins so. */
  const told = (beginning: string, count = 1) =>
    eventually(`a mail "${beginning}"`, () => {
      const mails = readOutbox(scenario.run.host.store).filter(({ subject }) =>
        subject.startsWith(beginning),
      );
      return mails.length >= count ? mails.map(({ to }) => to).sort() : undefined;
    });

  it('reach developers, and operators if the promoted branch is deleted', async () => {
    const { application, run, source } = scenario;
    const promotion = await scenario.startPromotion();
    await scenario.push('feature/login');
    await git(source.directory, ['push', '--quiet', application.remote, ':refs/heads/feature/login']);
    expect(await told('Branch deleted: ')).toEqual(['dana@example.com']);

    const [push] = run.services.events.recentEvents().filter(({ source: of }) => of === 'aws.codecommit');
    const { repositoryName = '' } = (push?.detail ?? {}) as { repositoryName?: string };
    const emit = (type: string, detail: object) =>
      run.host.emit({
        source: 'aws.codecommit',
        detailType: `CodeCommit ${type}`,
        resources: push?.resources ?? [],
        detail: { callerUserArn: 'arn:aws:iam::000000000000:user/erin', ...detail },
      });
    emit('Pull Request State Change', {
      event: 'pullRequestCreated',
      repositoryNames: [repositoryName],
      pullRequestId: '1',
      title: 'Show the cart',
    });
    expect(await told('Pull request 1 opened: ')).toEqual(['dana@example.com']);
    emit('Comment on Commit', {
      event: 'commentOnCommitCreated',
      repositoryName,
      afterCommitId: promotion.commitId,
    });
    expect(await told('Comment on commit ')).toEqual(['dana@example.com']);
    emit('Repository State Change', {
      ...push?.detail,
      event: 'referenceDeleted',
      oldCommitId: promotion.commitId,
    });
    expect(await told('Promoted branch deleted: ', 2)).toEqual(['dana@example.com', 'operators@example.com']);
    // The promotion in progress goes on.
    await promotion.asked('qc');
  });
});
