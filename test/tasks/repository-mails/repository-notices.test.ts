import fc from 'fast-check';
import { repositoryNotices } from '../../../tasks/repository-mails/repository-notices.ts';

// Events as https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html has them.
const DANA = 'arn:aws:iam::123456789012:user/dana';
const COMMIT = '8f0c9c1f3a5d4f7f9b1e2d3c4b5a697887766554';
const repository = {
  application: 'shop',
  repositoryName: 'lockstep-shop',
  branch: 'main',
  developers: ['dana@example.com', 'erin@example.com'],
};
const event = (type: string, detail: object) => ({
  source: 'aws.codecommit',
  region: 'us-east-2',
  'detail-type': `CodeCommit ${type}`,
  detail: { repositoryName: 'lockstep-shop', callerUserArn: DANA, ...detail },
});
const deleted = (referenceName: string, change: object = {}) =>
  event('Repository State Change', {
    event: 'referenceDeleted',
    referenceType: 'branch',
    referenceName,
    oldCommitId: COMMIT,
    ...change,
  });
const pullRequest = (detail: object) =>
  event('Pull Request State Change', {
    repositoryName: undefined,
    repositoryNames: ['lockstep-shop'],
    pullRequestId: '7',
    title: 'Show the cart',
    sourceReference: 'refs/heads/cart',
    destinationReference: 'refs/heads/main',
    isMerged: 'False',
    ...detail,
  });
const mails = (given: unknown, change: Partial<typeof repository> = {}) =>
  repositoryNotices(given, { ...repository, ...change });

describe('mails about a repository', () => {
  it('tell developers of a deleted branch, by its last commit', () => {
    expect(mails(deleted('cart'))).toEqual([
      {
        application: 'shop',
        role: 'developer',
        recipients: repository.developers,
        subject: 'Branch deleted: shop cart',
        message: expect.stringContaining(`Last commit: ${COMMIT}\nDeleted by:  ${DANA}`),
      },
    ]);
  });

  it('tell operators, too, that the promoted branch is gone, also without developers', () => {
    const [operators, developers] = mails(deleted('main'));
    expect(operators).toMatchObject({
      role: 'operator',
      subject: 'Promoted branch deleted: shop main',
      message: expect.stringContaining('Nothing new is promoted until somebody makes the branch again'),
    });
    expect(developers).toMatchObject({ role: 'developer', subject: operators?.subject });
    expect(mails(deleted('main'), { developers: [] })).toEqual([operators]);
  });

  it.each([
    ['opened', { event: 'pullRequestCreated', pullRequestStatus: 'Open' }],
    ['updated with new commits', { event: 'pullRequestSourceBranchUpdated' }],
    ['closed without a merge', { event: 'pullRequestStatusChanged', pullRequestStatus: 'Closed' }],
    ['opened again', { event: 'pullRequestStatusChanged', pullRequestStatus: 'Open' }],
    ['merged', { event: 'pullRequestMergeStatusUpdated', isMerged: 'True', pullRequestStatus: 'Closed' }],
  ])('tell that a pull request was %s, with its link', (change, detail) => {
    const [mail] = mails(pullRequest(detail));
    expect(mail?.subject).toBe(`Pull request 7 ${change}: shop Show the cart`);
    expect(mail?.message).toContain('From:         cart\nTo:           main');
    expect(mail?.message).toContain(
      'https://us-east-2.console.aws.amazon.com/codesuite/codecommit/repositories/lockstep-shop/pull-requests/7?region=us-east-2',
    );
  });

  it.each([
    [
      'Comment on pull request 7: shop',
      'Comment on Pull Request',
      { event: 'commentOnPullRequestCreated', pullRequestId: '7' },
      'pull-requests/7',
    ],
    [
      'Comment changed on pull request 7: shop',
      'Comment on Pull Request',
      { event: 'commentOnPullRequestUpdated', pullRequestId: '7' },
      'pull-requests/7',
    ],
    [
      'Comment on commit 8f0c9c1f: shop',
      'Comment on Commit',
      { event: 'commentOnCommitCreated', afterCommitId: COMMIT },
      `commit/${COMMIT}`,
    ],
  ])('tell of a comment: %s', (subject, type, detail, link) => {
    const [mail, ...others] = mails(event(type, detail));
    expect(mail).toMatchObject({ role: 'developer', subject, message: expect.stringContaining(link) });
    expect(others).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['another repository', deleted('main', { repositoryName: 'other' })],
    ['a deleted tag', deleted('v1', { referenceType: 'tag' })],
    ['a push', deleted('main', { event: 'referenceUpdated' })],
    [
      'the end of a merged pull request, which is told already',
      pullRequest({ event: 'pullRequestStatusChanged', pullRequestStatus: 'Closed', isMerged: 'True' }),
    ],
    ['an approval rule', pullRequest({ event: 'pullRequestApprovalRuleCreated' })],
    ['something else', { 'detail-type': 'Scheduled Event', detail: {} }],
    ['nothing', undefined],
  ])('do not tell of %s', (_, given) => {
    expect(mails(given)).toEqual([]);
  });

  it('have no link that somebody wrote', () => {
    fc.assert(
      fc.property(fc.constantFrom('title', 'pullRequestId', 'sourceReference', 'callerUserArn'), (field) => {
        const [mail] = mails(
          pullRequest({ event: 'pullRequestCreated', [field]: 'https://evil.example.com/login\nx' }),
        );
        expect(`${mail?.subject}\n${mail?.message}`).not.toContain('https://evil.example.com');
        expect(mail?.subject).not.toContain('\n');
      }),
      { seed: 145 },
    );
  });
});
