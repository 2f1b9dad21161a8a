import aslValidator from 'asl-validator';
import jsonata from 'jsonata';
import { MOST_HELD_DAYS } from '../../tasks/calendar/calendar.ts';
import { workStageOf } from '../../tasks/environment-locks/work-stage.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { renderDefinition, type State } from './support/rendered.ts';

const definition = renderDefinition();
const state = (name: string): State => {
  const found = definition.States[name];
  if (found === undefined) throw new Error(`the definition has no state ${name}`);
  return found;
};
const tasks = Object.entries(definition.States).filter(([, { Type }]) => Type === 'Task');
const id = '{% $states.context.Execution.Name %}';
const token = '{% $states.context.Task.Token %}';
const commitId = '{% $promotion.commitId %}';

const evaluates = (condition: string, variables: object): Promise<unknown> =>
  jsonata(condition.replace(/^\{%|%\}$/g, '')).evaluate({}, variables);

/** The states that an execution with this input passes when everybody approves. */
const passed = async (input: object): Promise<string[]> => {
  const variables = {
    promotion: input,
    states: { input },
    qc: { decision: 'approve' },
    pmo: { decision: 'approve' },
  };
  const path: string[] = [];
  let next: string | undefined = definition.StartAt;
  while (next !== undefined) {
    path.push(next);
    const { Next, Default, Choices = [] }: State = state(next);
    const chosen: (string | false)[] = await Promise.all(
      Choices.map(async (one) => ((await evaluates(one.Condition, variables)) === true ? one.Next : false)),
    );
    next = chosen.find((one) => one !== false) || (Next ?? Default);
  }
  return path;
};

const fromApprovals = ['QC approval', 'Did QC approve?', 'PMO approval', 'Did PMO approve?'];
const toProd = ['Point Prod at image', 'Deploy to Prod', 'Verify Prod', 'Promoted'];

it.each([
  ['both', fromApprovals],
  ['one', fromApprovals.slice(2)],
])('goes back with its recorded image and without QAT, by the approvals of %s', async (approvals, asked) => {
  expect(await passed({ goBack: { approvals } })).toEqual([
    'Go back?',
    'Check release',
    'One approval?',
    ...asked,
    'Lock Prod',
    'Confirm approvers',
    'Image recorded?',
    ...toProd,
  ]);
});

it('takes what a go-back works on from its input', () => {
  const [push, goBack] = state(names.isGoBack).Choices ?? [];
  expect(push).toMatchObject({ Next: names.lockQat, Assign: { promotion: '{% $states.input %}' } });
  expect(goBack).toMatchObject({
    Next: names.checkRelease,
    Assign: {
      promotion: '{% $states.input %}',
      qatImage: '{% $states.input.goBack.qatImageId %}',
      qatDeployment: '{% $states.input.goBack.qatDeploymentId %}',
      prodImage: '{% $states.input.goBack.prodImageId %}',
      qc: { decidedBy: 'nobody' },
    },
  });
});

it('passes its states in order when everybody approves', async () => {
  expect(await passed({})).toEqual([
    'Go back?',
    'Lock QAT',
    'Build QAT image',
    'Point QAT at image',
    'Refresh QAT instance',
    'Deploy to QAT',
    'QC approval',
    'Did QC approve?',
    'PMO approval',
    'Did PMO approve?',
    'Lock Prod',
    'Confirm approvers',
    'Image recorded?',
    'Build Prod image',
    'Point Prod at image',
    'Deploy to Prod',
    'Verify Prod',
    'Promoted',
  ]);
});

it('has exactly the states of the list of names', () => {
  // test/workflows/build.test.ts has the one that only an application with a build has.
  const all = Object.keys(renderDefinition({ secretScan: 'warn', onDrift: 'ask' }).States);
  const expected = Object.values(names).filter((name) => name !== names.buildRevision);
  expect(all.sort()).toEqual(expected.sort());
});

it('is a valid definition', () => {
  const { isValid, errorsText } = aslValidator(definition);
  expect(isValid ? '' : errorsText('\n')).toBe('');
});

it('T39: is JSONata from top to bottom, without a JSONPath field', () => {
  expect(definition.QueryLanguage).toBe('JSONata');
  for (const { QueryLanguage = 'JSONata' } of Object.values(definition.States))
    expect(QueryLanguage).toBe('JSONata');
  const keys = new Set<string>();
  for (const each of Object.values(definition.States)) for (const key of Object.keys(each)) keys.add(key);
  for (const key of ['InputPath', 'OutputPath', 'ResultPath', 'Parameters', 'ResultSelector'])
    expect(keys).not.toContain(key);
  expect(JSON.stringify(definition)).not.toContain('.$"');
});

it.each([
  [
    names.buildQatImage,
    'image-build',
    { imagePipelineArn: 'arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/qat' },
    { qatImage: '{% $states.result.imageId %}', qatInventory: '{% $states.result.inventory %}' },
    3 * 3600,
  ],
  [names.refreshQatInstance, 'instance-refresh', { autoScalingGroupName: 'orders-qat' }, undefined, 3600],
  [
    names.deployToQat,
    'pipeline-run',
    { pipelineName: 'lockstep-orders-qat', sourceAction: 'Source', environment: 'qat', commitId },
    { qatDeployment: '{% $states.result.deploymentId %}' },
    2 * 3600,
  ],
  [
    names.buildProdImage,
    'image-build',
    { imagePipelineArn: 'arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/prod' },
    { prodImage: '{% $states.result.imageId %}' },
    3 * 3600,
  ],
  [
    names.deployToProd,
    'pipeline-run',
    { pipelineName: 'lockstep-orders-prod', sourceAction: 'Source', environment: 'prod', commitId },
    { prodDeployment: '{% $states.result %}' },
    3 * 3600 + 5 * 60,
  ],
])('T34: "%s" starts its job and waits for it in one state', (name, kind, parameters, assign, seconds) => {
  expect(state(name)).toMatchObject({
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: {
      FunctionName: 'arn:aws:lambda:us-east-1:000000000000:function:start-job',
      Payload: { promotionId: id, state: name, taskToken: token, kind, parameters },
    },
    TimeoutSeconds: seconds,
  });
  expect(state(name).Assign).toEqual(assign);
});

it.each([
  ['the first attempt', { RedriveCount: 0 }, { RetryCount: 0 }, 0],
  ['a retry', { RedriveCount: 0 }, { RetryCount: 1 }, 1],
  ['a redrive after six retries', { RedriveCount: 1 }, { RetryCount: 0 }, 100],
  ['a retry of the second redrive', { RedriveCount: 2 }, { RetryCount: 3 }, 203],
  ['a context without either count', {}, {}, 0],
])('numbers the attempts of a state: %s', async (_, Execution, State, number) => {
  const expression = String(state(names.buildQatImage).Arguments?.Payload.stateAttempt).slice(
    '{%'.length,
    -'%}'.length,
  );
  expect(await jsonata(expression).evaluate({}, { states: { context: { Execution, State } } })).toBe(number);
});

it.each([
  [names.qcApproval, 'qc'],
  [names.pmoApproval, 'pmo'],
])('"%s" asks for a decision and waits a week for it', (name, role) => {
  expect(state(name)).toMatchObject({
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: {
      FunctionName: 'arn:aws:lambda:us-east-1:000000000000:function:request-approval',
      Payload: {
        promotionId: id,
        state: name,
        taskToken: token,
        role,
        expiresInSeconds: 604800,
        candidate: { commitId, qatImageId: '{% $qatImage %}', qatDeploymentId: '{% $qatDeployment %}' },
      },
    },
    TimeoutSeconds: 604800,
    Assign: { [role]: '{% $states.result %}' },
  });
});

it.each([
  [names.pointQatAtImage, 'point-at-image', { environment: 'qat', imageId: '{% $qatImage %}' }],
  [names.pointProdAtImage, 'point-at-image', { environment: 'prod', imageId: '{% $prodImage %}' }],
  [names.confirmApprovers, 'confirm-approvers', {}],
  [names.checkRelease, 'check-release', { commitId, prodImageId: '{% $prodImage %}' }],
  [names.verifyProd, 'verify-prod', { imageId: '{% $prodImage %}', commitId }],
])('"%s" invokes its function and goes on with the result', (name, lambda, request) => {
  expect(state(name)).toMatchObject({
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: {
      FunctionName: `arn:aws:lambda:us-east-1:000000000000:function:${lambda}`,
      Payload: { promotionId: id, ...request },
    },
  });
});

it('T21: both deployments get the commit that the promotion started with', () => {
  for (const name of [names.deployToQat, names.deployToProd])
    expect(state(name).Arguments?.Payload).toMatchObject({ parameters: { commitId } });
});

it('T36: every task has a timeout', () => {
  expect(tasks.filter(([, { TimeoutSeconds }]) => TimeoutSeconds === undefined)).toEqual([]);
});

it('T17: image builds may take three hours', () => {
  expect(state(names.buildQatImage).TimeoutSeconds).toBeGreaterThanOrEqual(3 * 3600);
});

it('T08, T32: a deployment may take longer than a silent agent and the wait for the old fleet', () => {
  expect(state(names.deployToQat).TimeoutSeconds).toBeGreaterThan(70 * 60);
  expect(state(names.deployToProd).TimeoutSeconds).toBeGreaterThan((70 + 5) * 60);
});

const onProd = [names.buildProdImage, names.pointProdAtImage, names.deployToProd, names.verifyProd];

it("T33: no failure is caught, and none but the Lambda service's is retried; on Prod also that it is being restored, and a push that is not recorded yet", () => {
  for (const [name, { Catch = [], Retry = [] }] of tasks) {
    const caught = (Catch as { ErrorEquals: string[] }[]).flatMap(({ ErrorEquals }) => ErrorEquals);
    expect([name, caught.filter((error) => !['Superseded', 'Stale', 'Recalled'].includes(error))]).toEqual([
      name,
      [],
    ]);
    const retried = Retry.flatMap(({ ErrorEquals }) => ErrorEquals);
    expect([name, retried.filter((error) => !/^Lambda\./.test(error))]).toEqual([
      name,
      onProd.some((one) => one === name)
        ? ['EnvironmentRestoring']
        : name === names.qcApproval || name === names.pmoApproval
          ? ['PushNotConfirmed']
          : [],
    ]);
  }
});

it("every task retries the Lambda service's errors, throttling included", () => {
  const errors = [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.ClientExecutionTimeoutException',
    'Lambda.TooManyRequestsException',
  ];
  for (const [name, { Retry = [] }] of tasks)
    expect([
      name,
      Retry.find(({ ErrorEquals }) => ErrorEquals[0]?.startsWith('Lambda.'))?.ErrorEquals,
    ]).toEqual([name, errors]);
});

it('retries wait 126 seconds for Lambda, 1202 for Prod and 1215 for the record of a push', () => {
  const total: Readonly<Record<string, number>> = { EnvironmentRestoring: 1202, PushNotConfirmed: 1215 };
  for (const [, { Retry = [] }] of tasks)
    for (const { ErrorEquals, IntervalSeconds, MaxAttempts, BackoffRate, MaxDelaySeconds } of Retry) {
      const waits = Array.from({ length: MaxAttempts }, (_, attempt) =>
        Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds ?? Number.POSITIVE_INFINITY),
      );
      expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(total[ErrorEquals[0] ?? ''] ?? 126);
    }
});

it.each([
  [
    names.lockQat,
    'qat',
    '$promotion',
    (7 + MOST_HELD_DAYS) * 86_400 + (3 + 1 + 2) * 3600 + 300,
    'Superseded',
  ],
  [
    names.lockProd,
    'prod',
    '$promotion',
    (7 + MOST_HELD_DAYS) * 86_400 + (3 + 3) * 3600 + 300 + 300 + 600,
    'Stale',
  ],
])('"%s" waits for its lock as long as others may hold it', (name, environment, input, seconds, end) => {
  expect(state(name)).toMatchObject({
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: {
      FunctionName: 'arn:aws:lambda:us-east-1:000000000000:function:acquire-lock',
      Payload: {
        promotionId: id,
        executionArn: '{% $states.context.Execution.Id %}',
        application: `{% ${input}.application %}`,
        environment,
        commitId: `{% ${input}.commitId %}`,
        pushedAt: `{% $exists(${input}.pushedAt) ? ${input}.pushedAt : $states.context.Execution.StartTime %}`,
        startedAt: '{% $states.context.Execution.StartTime %}',
        redrives: '{% $states.context.Execution.RedriveCount %}',
        taskToken: token,
        stateAttempt: state(names.buildQatImage).Arguments?.Payload.stateAttempt,
      },
    },
    TimeoutSeconds: seconds,
    Catch: [
      { ErrorEquals: [end], Next: end },
      { ErrorEquals: ['Recalled'], Next: 'Recalled' },
    ],
  });
});

it('says with each state that works on an environment which lock it needs, and what it does there', () => {
  const locks = tasks.flatMap(([name, { Arguments }]) => {
    const { environment, application, redrives } = Arguments?.Payload ?? {};
    return application === '{% $promotion.application %}' && redrives !== undefined
      ? [[name, environment, workStageOf(Arguments?.Payload ?? {})]]
      : [];
  });
  expect(locks).toEqual([
    [names.lockQat, 'qat', 'follows'],
    [names.buildQatImage, 'qat', 'builds'],
    [names.pointQatAtImage, 'qat', 'points'],
    [names.refreshQatInstance, 'qat', 'follows'],
    [names.deployToQat, 'qat', 'follows'],
    [names.lockProd, 'prod', 'follows'],
    [names.buildProdImage, 'prod', 'builds'],
    [names.pointProdAtImage, 'prod', 'points'],
    [names.deployToProd, 'prod', 'follows'],
    [names.verifyProd, 'prod', 'follows'],
  ]);
  expect(workStageOf(state(names.qcApproval).Arguments?.Payload ?? {})).toBe('follows');
  expect(state(names.qcApproval).Arguments?.Payload).toMatchObject({
    redrives: '{% $states.context.Execution.RedriveCount %}',
  });
});

it('T33: a newer promotion or a bad commit ends one in a Fail state that says why, whichever function completed the task', async () => {
  const caughtBy = (error: string) =>
    tasks
      .filter(([, { Catch = [] }]) =>
        (Catch as { ErrorEquals: string[]; Next: string }[]).some(
          ({ ErrorEquals, Next }) => ErrorEquals.includes(error) && Next === error,
        ),
      )
      .map(([name]) => name);
  expect(caughtBy('Superseded')).toEqual([names.lockQat, names.qcApproval, names.pmoApproval]);
  expect(caughtBy('Stale')).toEqual([names.lockProd, ...onProd]);
  // What runs in Prod is verified, no matter who marks it.
  const notRecalled: string[] = [names.confirmApprovers, names.verifyProd];
  expect(caughtBy('Recalled')).toEqual(
    tasks.map(([name]) => name).filter((name) => !notRecalled.includes(name)),
  );
  for (const error of [names.superseded, names.stale, names.recalled])
    expect(state(error)).toMatchObject({ Type: 'Fail', Error: error, Cause: '{% $states.input.cause %}' });
  const [{ Output }] = state(names.lockQat).Catch as [{ Output: { cause: string } }];
  const expression = jsonata(Output.cause.replace(/^\{%|%\}$/g, ''));
  expression.registerFunction('parse', (text: string) => JSON.parse(text) as unknown);
  const causeOf = (Cause: string) => expression.evaluate({}, { states: { errorOutput: { Cause } } });
  await expect(causeOf('the newer commit')).resolves.toBe('the newer commit');
  await expect(
    causeOf(JSON.stringify({ errorType: 'Superseded', errorMessage: 'the newer commit', trace: [] })),
  ).resolves.toBe('the newer commit');
  await expect(causeOf('{"message":"the newer commit"}')).resolves.toBe('{"message":"the newer commit"}');
});

it('T33: only a rejection, a newer promotion and a bad commit end in a Fail state', () => {
  const failing = Object.entries(definition.States).filter(([, { Type }]) => Type === 'Fail');
  expect(failing.map(([name]) => name).sort()).toEqual(
    [names.recalled, names.rejected, names.stale, names.superseded].sort(),
  );
  const leadThere = Object.entries(definition.States).filter(([, each]) =>
    JSON.stringify([each.Next, each.Default, each.Choices]).includes(`"${names.rejected}"`),
  );
  expect(leadThere.map(([name]) => name).sort()).toEqual([names.didPmoApprove, names.didQcApprove].sort());
  expect(state(names.rejected)).toMatchObject({ Error: 'Rejected', Cause: '{% $states.input.rejection %}' });
});

describe.each([
  [names.didQcApprove, 'qc', 'QC'],
  [names.didPmoApprove, 'pmo', 'PMO'],
])('"%s"', (name, variable, title) => {
  const [choice] = state(name).Choices ?? [];
  const evaluate = (text: unknown, value: unknown) =>
    jsonata(String(text).replace(/^\{%|%\}$/g, '')).evaluate({}, { [variable]: value });

  it.each([
    [{ decision: 'approve', decidedBy: 'quinn' }, false],
    [{ decision: 'reject', decidedBy: 'quinn' }, true],
    [{ decision: 'approved' }, true],
    [{}, true],
    ['approve', true],
    [null, true],
  ])('takes %j for a rejection: %s', async (decision, rejected) => {
    await expect(evaluate(choice?.Condition, decision)).resolves.toBe(rejected);
  });

  it('says who rejected', async () => {
    const { rejection } = (choice?.Output ?? {}) as { rejection?: string };
    await expect(evaluate(rejection, { decision: 'reject', decidedBy: 'quinn' })).resolves.toBe(
      `${title} rejected: quinn`,
    );
    await expect(evaluate(rejection, {})).resolves.toBe(`${title} rejected: `);
  });
});

it('passes on nothing but variables, and ends with what was promoted', () => {
  for (const [name, { Output }] of tasks) expect([name, Output]).toEqual([name, {}]);
  expect(state(names.promoted).Output).toEqual({
    commitId,
    images: { qat: '{% $qatImage %}', prod: '{% $prodImage %}' },
    deployments: { qat: '{% $qatDeployment %}', prod: '{% $prodDeployment.deploymentId %}' },
    approvedBy: { qc: '{% $qc.decidedBy %}', pmo: '{% $pmo.decidedBy %}' },
  });
});

it.each([
  ['a push', {}],
  ['a go-back', { goBack: { approvals: 'both' } }],
  ['a go-back with one approval', { goBack: { approvals: 'one' } }],
])('reads no variable before it is assigned, after %s', async (_, input) => {
  const assigned = new Set<string>();
  for (const next of await passed(input)) {
    const { Assign = {}, Choices = [], Next: _next, ...rest }: State = state(next);
    const read = [...JSON.stringify(rest).matchAll(/\$(?!states\b)([a-zA-Z]+)\b(?!\()/g)].map(
      ([, name]) => name,
    );
    expect([next, read.filter((name) => !assigned.has(name ?? ''))]).toEqual([next, []]);
    const ways =
      next === names.isGoBack
        ? Choices.filter((one) => ('goBack' in input ? one === Choices[1] : one === Choices[0]))
        : [];
    for (const name of [Assign, ...ways.map((one) => one.Assign ?? {})].flatMap(Object.keys))
      assigned.add(name);
  }
});

describe('a scan for secrets', () => {
  const scanned = renderDefinition({ secretScan: 'block' }).States;

  it('comes after QAT is locked and before anything is built, if it is configured', () => {
    expect(scanned[names.lockQat]?.Next).toBe(names.scanCommit);
    expect(scanned[names.scanCommit]).toMatchObject({
      Arguments: {
        FunctionName: 'arn:aws:lambda:us-east-1:000000000000:function:scan-commit',
        Payload: { promotionId: id, commitId, environment: 'qat', secretScan: 'block' },
      },
      TimeoutSeconds: 660,
      Next: names.buildQatImage,
    });
    expect(workStageOf(scanned[names.scanCommit]?.Arguments?.Payload ?? {})).toBe('builds');
    expect(Object.keys(scanned).filter((name) => !(name in definition.States))).toEqual([names.scanCommit]);
  });
});
