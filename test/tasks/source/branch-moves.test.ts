import { branchMovingCalls, movesIn } from '../../../tasks/source/branch-moves.ts';

const COMMIT = '8f0c9c1f3a5d4f7f9b1e2d3c4b5a697887766554';
const ARN = 'arn:aws:sts::000000000000:assumed-role/Developers/dana';
const branch = { repositoryName: 'shop', branchName: 'main' };
const moved = [{ commitId: COMMIT, pushedBy: ARN, pushedAt: '2026-11-22T10:00:00.000Z' }];

/** A record as CloudTrail has it; CodeCommit's user guide shows those of pushes. */
const record = (eventName: string, change: object = {}) => ({
  eventVersion: '1.11',
  eventID: 'e1',
  eventName,
  eventTime: '2026-11-22T10:00:00Z',
  eventSource: 'codecommit.amazonaws.com',
  userIdentity: { type: 'AssumedRole', arn: ARN, accountId: '000000000000' },
  resources: [{ ARN: 'arn:aws:codecommit:us-east-1:000000000000:shop', type: 'AWS::CodeCommit::Repository' }],
  ...change,
});
const gitPush = (references: unknown, change: object = {}) =>
  record('GitPush', {
    requestParameters: { references },
    responseElements: null,
    additionalEventData: {
      protocol: 'HTTP',
      dataTransferred: true,
      repositoryName: 'shop',
      repositoryId: '1',
    },
    ...change,
  });
const main = { commit: COMMIT, ref: 'refs/heads/main' };
const onMain = { repositoryName: 'shop', branchName: 'main' };
const made = { commitId: COMMIT, treeId: 't' };
const merge = {
  repositoryName: 'shop',
  sourceCommitSpecifier: 'feature',
  destinationCommitSpecifier: 'main',
};
const pullRequest = (change: object = {}) => ({
  requestParameters: { repositoryName: 'shop', pullRequestId: '7' },
  responseElements: {
    pullRequest: {
      pullRequestTargets: [
        {
          repositoryName: 'shop',
          destinationReference: 'refs/heads/main',
          mergeMetadata: { isMerged: true, mergeCommitId: COMMIT },
          ...change,
        },
      ],
    },
  },
});

const understood: readonly [string, object][] = [
  ['GitPush', gitPush([main])],
  ['GitPush', gitPush([{ commit: 'a'.repeat(40), ref: 'refs/tags/v1' }, main])],
  ['CreateCommit', record('CreateCommit', { requestParameters: onMain, responseElements: made })],
  ['PutFile', record('PutFile', { requestParameters: onMain, responseElements: made })],
  ['DeleteFile', record('DeleteFile', { requestParameters: onMain, responseElements: made })],
  ['CreateBranch', record('CreateBranch', { requestParameters: { ...onMain, commitId: COMMIT } })],
  ...['FastForward', 'Squash', 'ThreeWay'].flatMap((how): [string, object][] => [
    [
      `MergeBranchesBy${how}`,
      record(`MergeBranchesBy${how}`, {
        requestParameters: { ...merge, targetBranch: 'main' },
        responseElements: made,
      }),
    ],
    [
      `MergeBranchesBy${how}`,
      record(`MergeBranchesBy${how}`, { requestParameters: merge, responseElements: made }),
    ],
    [`MergePullRequestBy${how}`, record(`MergePullRequestBy${how}`, pullRequest())],
  ]),
];

it.each(understood)('%s says who moved the branch to which commit', (_, event) => {
  expect(movesIn(event, branch)).toEqual(moved);
});

it('knows each call that moves a branch', () => {
  expect([...new Set(understood.map(([name]) => name))].sort()).toEqual([...branchMovingCalls].sort());
});

it.each<[string, object]>([
  ['a push of a tag', gitPush([{ ...main, ref: 'refs/tags/main' }])],
  ['a push of another branch', gitPush([{ ...main, ref: 'refs/heads/main-2' }])],
  ['a push that deletes the branch', gitPush([{ ...main, commit: '0'.repeat(40) }])],
  ['a push that failed', gitPush([main], { errorCode: 'AccessDenied' })],
  [
    "git's question before a push",
    gitPush([], {
      requestParameters: null,
      additionalEventData: { dataTransferred: false, repositoryName: 'shop' },
    }),
  ],
  [
    'another repository',
    gitPush([main], {
      additionalEventData: { repositoryName: 'other' },
      resources: [{ ARN: 'arn:aws:codecommit:us-east-1:000000000000:other' }],
    }),
  ],
  [
    'a call of that name to another service',
    record('CreateBranch', { eventSource: 'amplify.amazonaws.com' }),
  ],
  [
    'a merge into another branch',
    record('MergePullRequestBySquash', pullRequest({ destinationReference: 'x' })),
  ],
])('%s moves nothing of ours', (_, event) => {
  expect(movesIn(event, branch)).toEqual([]);
});

it.each<[string, unknown]>([
  ['no record', undefined],
  ['a record without a repository', gitPush([main], { additionalEventData: {}, resources: [] })],
  ['a push without references', gitPush([])],
  ['a push without parameters that transferred something', gitPush([], { requestParameters: null })],
  ['a reference without a name', gitPush([{ commit: COMMIT }])],
  ['a reference without a commit', gitPush([{ ref: 'refs/heads/main' }])],
  ['a caller without an ARN', gitPush([main], { userIdentity: { type: 'AWSAccount' } })],
  ['a time that is none', gitPush([main], { eventTime: 'yesterday' })],
  [
    'a commit that the answer lacks',
    record('PutFile', { requestParameters: onMain, responseElements: null }),
  ],
  ['a merged pull request without targets', record('MergePullRequestBySquash', { responseElements: {} })],
  ['a call of another name', record('RenameBranch', { requestParameters: onMain })],
])('fails for %s', (_, event) => {
  expect(() => movesIn(event, branch)).toThrow(expect.objectContaining({ name: 'PushRecordUnclear' }));
});
