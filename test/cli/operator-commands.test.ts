import { UsageError } from '../../cli/arguments.ts';
import type { Execution } from '../../tasks/executions/execution.ts';
import { readCause } from '../../tasks/failure-cause.ts';
import { aJob, aPromotion, aRelease, PROMOTION_ID } from '../tasks/doubles/samples.ts';
import { anAcceptance } from '../tasks/vulnerabilities/sample-findings.ts';
import { CALLER, createCommandLine, END, failedExecution } from './command-line.ts';

let cli: ReturnType<typeof createCommandLine>;

beforeEach(() => {
  cli = createCommandLine();
});

const redrive = { name: 'redrive', promotion: PROMOTION_ID, yes: true } as const;

describe('a redrive', () => {
  it('is recorded with who asked, and continues the execution', async () => {
    await cli.failed();
    const { text, json } = await cli.run(redrive);
    expect(cli.redriven).toEqual([aPromotion().executionArn]);
    expect(text).toContain(CALLER);
    expect(text).toContain('Resumes at: Build QAT image, attempt 2; then Point QAT at image');
    expect(json).toEqual({
      promotionId: PROMOTION_ID,
      redriven: true,
      redrive: 1,
      by: CALLER,
      advice: expect.objectContaining({ mayRedrive: true, taking: 'starts' }),
    });
    expect((await cli.store.entries(PROMOTION_ID)).at(-1)).toMatchObject({
      kind: 'redrive-asked',
      actor: { arn: CALLER },
    });
  });

  it('tells what it would do, and asks first', async () => {
    await cli.failed();
    const asked: string[] = [];
    const answering = (answer: string) => async (question: string) => {
      asked.push(question);
      return answer;
    };
    const { yes: _, ...plain } = redrive;
    for (const answer of ['', 'n', 'no', 'maybe'])
      expect(await cli.run({ ...plain, yes: false }, answering(answer))).toMatchObject({
        text: 'Not redriven. Nothing was changed.',
        json: { redriven: false },
        end: 'failed',
      });
    expect(cli.redriven).toEqual([]);
    expect(await cli.store.entries(PROMOTION_ID)).toHaveLength(1);
    const { text } = await cli.run({ ...plain, yes: false }, answering(' Y '));
    expect(text).toBe(`Redrive 1 of ${PROMOTION_ID}, by ${CALLER}: it resumes at Build QAT image.`);
    expect(cli.redriven).toHaveLength(1);
    expect(asked[0]).toContain('You can redrive it until 6 Dec 2026, 11:00 UTC.\nFix first: ');
    expect(asked[0]).toMatch(/\nRedrive it\? \[y\/N\] $/);
  });

  it('fails with the usage where there is nobody to ask and nobody said yes', async () => {
    await cli.failed();
    const call = cli.run({ ...redrive, yes: false });
    await expect(call).rejects.toThrow(UsageError);
    await expect(call).rejects.toThrow(/add --yes\.\nYou can redrive it/);
    expect(cli.redriven).toEqual([]);
  });

  it.each<[string, Partial<Execution>, string]>([
    ['runs', { status: 'RUNNING' }, 'in progress'],
    ['succeeded', { status: 'SUCCEEDED' }, 'promotion succeeded'],
    ['was rejected', { error: 'Rejected' }, 'A rejection is final'],
    ['ended long ago', { endedAt: Date.parse('2026-11-01T00:00:00.000Z') }, '14 days'],
    ['Step Functions offers none for', { redrivable: false, redriveDenial: 'It is odd' }, '(It is odd)'],
  ])('of one that %s fails by the rules of the site, and nothing is recorded', async (_, change, why) => {
    await cli.failed();
    cli.execution = failedExecution(change);
    await expect(cli.run(redrive)).rejects.toThrow(why);
    expect(cli.redriven).toEqual([]);
    expect(await cli.store.entries(PROMOTION_ID)).toHaveLength(1);
  });

  it('that Step Functions does not take fails with its reason', async () => {
    await cli.failed();
    cli.redriveAnswer = { kind: 'failed', message: 'Execution is RUNNING' };
    await expect(cli.run(redrive)).rejects.toThrow('Step Functions did not redrive it: Execution is RUNNING');
  });

  it('that did not get to Prod is shown with what serves there', async () => {
    await cli.failed({ prodRestored: { redrives: 0, imageId: 'ami-old', at: END } });
    const { text } = await cli.run({ name: 'show', promotion: PROMOTION_ID });
    expect(text).toMatch(/^Prod +restored to ami-old, 22 Nov 2026, 11:00 UTC$/m);
  });

  it('is advised on when one that failed is shown, and not when one runs', async () => {
    await cli.failed();
    const { text, json } = await cli.run({ name: 'show', promotion: PROMOTION_ID });
    expect(text).toContain('\n\nRedrive\n  You can redrive it until 6 Dec 2026, 11:00 UTC.\n  Fix first: ');
    expect(json).toMatchObject({ redrive: { mayRedrive: true, resumesAt: { attempt: 2 } } });
    cli.execution = failedExecution({ status: 'RUNNING' });
    const running = await cli.run({ name: 'show', promotion: PROMOTION_ID });
    expect(running.json).not.toHaveProperty('redrive');
    expect(running.text).not.toContain('Redrive\n');
  });
});

describe('rebake', () => {
  it("asks for new images in the caller's name, of an application that there is", async () => {
    const { text, json } = await cli.run({ name: 'rebake', application: 'shop' });
    expect(text).toContain('No image of shop from before now is used again');
    expect(await cli.ledger.rebake('shop')).toEqual({
      ...(json as object),
      askedBy: { type: 'identity', arn: CALLER },
    });
    await expect(cli.run({ name: 'rebake', application: 'shp' })).rejects.toThrow('There is no application');
  });
});

describe('in a soak', () => {
  it('traffic is sent back with a reason, and the soak ended', async () => {
    await cli.ledger.addPromotion(aPromotion());
    const sent = await cli.run({ name: 'send-back', promotion: PROMOTION_ID, reason: ' Empty\ncart ' });
    expect(sent.text).toContain('sends the traffic of shop back to the old instances: Empty cart');
    const ended = await cli.run({ name: 'end-soak', promotion: PROMOTION_ID });
    expect(ended.json).toEqual({ promotionId: PROMOTION_ID, soakEnded: true });
    expect(cli.soakAsked).toEqual([
      { application: 'shop', promotionId: PROMOTION_ID, action: 'send-back', reason: 'Empty cart' },
      { application: 'shop', promotionId: PROMOTION_ID, action: 'end' },
    ]);
  });

  it('fails with what soak-prod says, or without a reason', async () => {
    await cli.ledger.addPromotion(aPromotion());
    cli.soakAnswer = { kind: 'not-possible', message: 'errors is on.' };
    await expect(cli.run({ name: 'end-soak', promotion: PROMOTION_ID })).rejects.toThrow('errors is on.');
    await expect(
      cli.run({ name: 'send-back', promotion: PROMOTION_ID, reason: 'Empty cart' }),
    ).rejects.toThrow('errors is on.');
    await expect(cli.run({ name: 'send-back', promotion: PROMOTION_ID, reason: ' ' })).rejects.toThrow(
      'reason',
    );
  });
});

describe('a redrive despite alarms', () => {
  const despite = { name: 'redrive', promotion: PROMOTION_ID, yes: true, despiteAlarms: 'The fix' } as const;

  it('is recorded with who and why, for the next attempt, before the redrive', async () => {
    await cli.ledger.addPromotion(aPromotion());
    await cli.ledger.addJob(
      aJob({
        state: 'Deploy to Prod',
        kind: 'pipeline-run',
        parameters: { environment: 'prod' },
        status: 'FAILED',
        error: 'AlarmOn',
      }),
    );
    await cli.run(despite);
    expect(cli.redriven).toHaveLength(1);
    expect((await cli.ledger.promotion(PROMOTION_ID))?.despiteAlarms).toMatchObject({
      attempt: 2,
      askedBy: { arn: CALLER },
      reason: 'The fix',
    });
    expect((await cli.store.entries(PROMOTION_ID)).map(({ kind }) => kind)).toContain('despite-alarms-asked');
  });

  it('fails if no alarm kept it out of Prod', async () => {
    await cli.ledger.addPromotion(aPromotion());
    await expect(cli.run(despite)).rejects.toThrow('no alarm kept it out of Prod');
    expect(cli.redriven).toEqual([]);
  });
});

describe('a stop', () => {
  const stop = { name: 'stop', promotion: PROMOTION_ID, reason: '  Wrong\nbranch ' } as const;

  it('is recorded with who and why, then ends the execution with an error and a cause of ours', async () => {
    await cli.ledger.addPromotion(aPromotion());
    cli.execution = failedExecution({ status: 'RUNNING' });
    const { text, json } = await cli.run(stop);
    expect(cli.stopped).toEqual([
      {
        executionArn: aPromotion().executionArn,
        error: 'Stopped',
        cause: expect.any(String),
        recorded: ['push-event', 'stop-asked'],
      },
    ]);
    expect(readCause(cli.stopped[0]?.cause ?? '')).toEqual({
      cause: `${CALLER} stopped this promotion: Wrong branch`,
      code: 'StoppedByOperator',
      stopped: { by: CALLER, reason: 'Wrong branch' },
    });
    expect((await cli.store.entries(PROMOTION_ID)).at(-1)).toMatchObject({
      kind: 'stop-asked',
      actor: { type: 'identity', arn: CALLER },
      what: { reason: 'Wrong branch' },
    });
    expect(text).toContain(`Stopped ${PROMOTION_ID}, by ${CALLER}: Wrong branch`);
    expect(json).toEqual({ promotionId: PROMOTION_ID, stopped: true, by: CALLER, reason: 'Wrong branch' });
  });

  it.each(['FAILED', 'SUCCEEDED', 'ABORTED'])('of one that has ended as %s fails', async (status) => {
    await cli.ledger.addPromotion(aPromotion());
    cli.execution = failedExecution({ status });
    await expect(cli.run(stop)).rejects.toThrow(`is not running (${status})`);
    expect([cli.stopped, await cli.store.entries(PROMOTION_ID)]).toMatchObject([
      [],
      [{ kind: 'push-event' }],
    ]);
  });

  it.each(['', ' \n', 'x'.repeat(501)])('for the reason %j fails with the usage', async (reason) => {
    await cli.ledger.addPromotion(aPromotion());
    cli.execution = failedExecution({ status: 'RUNNING' });
    await expect(cli.run({ ...stop, reason })).rejects.toThrow(UsageError);
    expect(cli.stopped).toEqual([]);
  });
});

describe('a redrive that cannot be recorded', () => {
  it('is not made: it is recorded before Step Functions is asked', async () => {
    const cli = createCommandLine();
    await cli.failed();
    cli.recordRedrive = () => Promise.reject(new Error('the table is gone'));
    await expect(cli.run(redrive)).rejects.toThrow('the table is gone');
    expect(cli.redriven).toEqual([]);
  });
});

describe('go-back', () => {
  const live = async (system: ReturnType<typeof createCommandLine>) => {
    await system.ledger.addPromotion(aRelease());
    await system.ledger.addPromotion(
      aRelease({
        promotionId: 'release-b',
        commitId: 'b'.repeat(40),
        startedAt: '2026-11-21T10:00:00.000Z',
      }),
    );
    await system.ledger.noteLive({ application: 'shop', promotionId: 'release-b', since: END });
  };
  const command = {
    name: 'go-back',
    application: 'shop',
    promotion: 'release-a',
    reason: ' Cart\nempty ',
  } as const;

  it("starts the release again, with the caller's ARN and both approvals", async () => {
    const system = createCommandLine();
    await live(system);
    const { json, text } = await system.run(command);
    const { promotionId } = json as { promotionId: string };
    expect(system.started).toEqual([promotionId]);
    expect(text).toContain('Cart empty');
    const shown = await system.run({ name: 'show', promotion: promotionId });
    expect(shown.text).toMatch(/Goes back +to release-a, asked by arn:\S+olga: Cart empty/);
    expect((await system.ledger.promotion(promotionId))?.goBack).toMatchObject({
      to: 'release-a',
      reason: 'Cart empty',
      askedBy: { type: 'identity', arn: CALLER },
      approvals: 'both',
    });
  });

  it.each([
    ['another application', { application: 'orders' }, 'is a promotion of shop, not of orders'],
    ['what Prod runs', { promotion: 'release-b' }, 'Prod runs commit'],
    ['an empty reason', { reason: ' ' }, '--reason takes 1 to'],
  ])('fails for %s, and starts nothing', async (_, change, message) => {
    const system = createCommandLine();
    await live(system);
    await expect(system.run({ ...command, ...change })).rejects.toThrow(message);
    expect(system.started).toEqual([]);
  });
});

it('lists what was accepted, the latest first, and what of it ended', async () => {
  const cli = createCommandLine();
  const list = { name: 'acceptances', application: 'shop' } as const;
  expect((await cli.run(list)).text).toBe('Nobody has accepted a vulnerability of shop.');
  const ended = anAcceptance({
    vulnerabilityId: 'CVE-2025-9',
    at: '2025-01-01T10:00:00.000Z',
    until: '2025-01-31',
  });
  for (const one of [ended, anAcceptance({ until: '2030-01-01' })])
    await cli.ledger.replaceAcceptance(undefined, one);
  const { text, json } = await cli.run(list);
  expect(text).toMatch(
    /CVE-2026-1 +until 2030-01-01 .* We do not use that cipher\n *CVE-2025-9 +ended 2025-01-31 /,
  );
  expect(json).toMatchObject([{ isInForce: true }, { vulnerabilityId: 'CVE-2025-9', isInForce: false }]);
});
