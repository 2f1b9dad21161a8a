import path from 'node:path';
import type { Host } from '@lockstep/aws-emulator';
import { type Narration, narrate } from '../../../../infra/local/run/narrate.ts';
import { createTerminal } from '../../../../infra/local/run/terminal.ts';
import { stateNames } from '../../../../workflows/state-names.ts';
import type { History } from '../../../approvals-ui/support/history.ts';
import { untilQc } from '../../../approvals-ui/support/scene.ts';
import { createMemoryLedger } from '../../../tasks/doubles/memory-ledger.ts';
import { aJob, aPromotion, aReview, PROMOTION_ID } from '../../../tasks/doubles/samples.ts';
import { anExecution, ENDED } from '../../../tasks/redrive/redrive-context.ts';

const failed = (history: History) =>
  history
    .enter(stateNames.buildQatImage)
    .schedule()
    .taskFailed('ImageBuildFailed', 'no disk')
    .executionFailed('ImageBuildFailed', 'no disk');
const denied = (history: History) =>
  untilQc(history).enter(stateNames.rejected, 'Fail').executionFailed('Rejected', 'QC rejected: quinn');

/** What the terminal shows of a promotion that has ended. */
const told = async (
  write: (history: History) => History,
  port: number,
  options: Partial<Narration> = {},
  prepare: (ledger: ReturnType<typeof createMemoryLedger>) => Promise<void> = async () => undefined,
) => {
  const promotion = aPromotion();
  const execution = anExecution(write, { error: write === denied ? 'Rejected' : 'ImageBuildFailed' });
  const ledger = createMemoryLedger();
  await ledger.addPromotion(promotion);
  await prepare(ledger);
  const host = {
    endpointUrl: `http://127.0.0.1:${port}`,
    stateDir: path.resolve(process.env.INIT_CWD ?? '.', '.lockstep'),
    clock: { now: () => ENDED },
    call: async (_: unknown, __: string, operation: string) =>
      operation === 'DescribeExecution' ? { status: 'FAILED' } : { events: execution.events },
  } as unknown as Host;
  let text = '';
  const output = {
    write: (part: string) => {
      text += part;
    },
  };
  const executions = {
    read: async () => execution,
    redrive: () => Promise.reject(new Error('nobody redrives here')),
    stop: () => Promise.reject(new Error('nobody stops here')),
  };
  const system = {
    ledger,
    executions,
    configurationVersion: () => aReview().configurationVersion,
    siteUrl: 'http://127.0.0.1:4568',
  };
  await narrate(
    { host, system, terminal: createTerminal(output, false), ...options },
    promotion.executionArn,
  );
  return text;
};

it('advises on the redrive of a promotion that failed, with the command', async () => {
  expect(await told(failed, 4566)).toMatch(
    new RegExp(
      `A redrive resumes at Build QAT image. First: .*\\n *npm run lockstep -- redrive ${PROMOTION_ID} --local\\n *or sign in as olga: http://127.0.0.1:4568/promotions/${PROMOTION_ID}\\n`,
    ),
  );
  expect(await told(failed, 21700)).toContain(`redrive ${PROMOTION_ID} --local --port 21700\n`);
});

it('advises without a command where the run ends with the promotion', async () => {
  const text = await told(failed, 4566, { endsWithPromotion: true });
  expect(text).toContain('A redrive resumes at Build QAT image');
  expect(text).not.toContain('npm run lockstep');
});

it('says of an image why it was built or used again', async () => {
  const built = (history: History) => failed(history.done(stateNames.buildQatImage));
  const text = await told(built, 4566, {}, (ledger) =>
    ledger.addJob(
      aJob({
        state: stateNames.buildQatImage,
        imageChoice: { choice: 'reuse', builtAt: '2026-11-21', sentence: 'Reused because equal: it is.' },
      }),
    ),
  );
  expect(text).toContain('Reused because equal: it is.');
});

it('gives no command for what is final', async () => {
  const text = await told(denied, 4566);
  expect(text).toContain('A rejection is final');
  expect(text).not.toContain('npm run lockstep');
});

it('says of a promotion that waits for a frozen environment why and until when, and where; of a free lock nothing', async () => {
  const waiting = (history: History) => failed(history.enter(stateNames.lockQat).schedule());
  expect(await told(waiting, 4566)).not.toContain(stateNames.lockQat);
  const text = await told(waiting, 4566, {}, (ledger) =>
    ledger.addDeclaredFreeze({
      freezeId: 'f',
      application: aPromotion().application,
      environments: ['qat'],
      reason: 'Year-end close',
      declaredBy: { type: 'identity', arn: 'arn:aws:iam::123456789012:user/olga' },
      from: new Date(ENDED - 1000).toISOString(),
      until: new Date(ENDED + 3_600_000).toISOString(),
    }),
  );
  expect(text).toMatch(
    /… Lock QAT +waiting\n +QAT: Frozen until .* UTC: Year-end close\n +http:.*\/promotions\//,
  );
});
