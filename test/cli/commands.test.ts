import { type Files, runCommand, verifyFile } from '../../cli/commands.ts';
import { UsageError } from '../../cli/options.ts';
import type { Ask } from '../../cli/redrive.ts';
import { CommandError, type System } from '../../cli/system.ts';
import { appendEvidence } from '../../tasks/evidence/append-evidence.ts';
import type { EvidenceStore } from '../../tasks/evidence/evidence-store.ts';
import { redriveAsked } from '../../tasks/evidence/facts.ts';
import { recordedLedger } from '../../tasks/evidence/recorded-ledger.ts';
import { sealEvidence } from '../../tasks/evidence/seal-evidence.ts';
import type { Execution, Executions } from '../../tasks/executions/execution.ts';
import type { Promotion } from '../../tasks/ledger/items.ts';
import type { Ledger } from '../../tasks/ledger/ledger.ts';
import { createHistory } from '../approvals-ui/support/history.ts';
import { promotionDefinition } from '../approvals-ui/support/promotion-definition.ts';
import { createMemoryEvidence, createTestSigner } from '../tasks/doubles/memory-evidence.ts';
import { createMemoryLedger } from '../tasks/doubles/memory-ledger.ts';
import {
  aJob,
  anApproval,
  aPerson,
  aPromotion,
  aWaiter,
  COMMIT,
  PROMOTION_ID,
} from '../tasks/doubles/samples.ts';

const END = '2026-11-22T11:00:00.000Z';
const now = () => new Date('2026-11-22T12:00:00.000Z');
const CALLER = 'arn:aws:sts::000000000000:assumed-role/operator/olga';

const failedExecution = (change: Partial<Execution> = {}): Execution => ({
  status: 'FAILED',
  redrivable: true,
  redrives: 0,
  startedAt: Date.parse('2026-11-22T10:00:00.000Z'),
  endedAt: Date.parse(END),
  definition: promotionDefinition,
  currentDefinition: promotionDefinition,
  events: createHistory(Date.parse('2026-11-22T10:00:00.000Z'))
    .enter('Build QAT image')
    .schedule()
    .taskFailed('ImageBuildFailed', 'phase \u001b[2Jbuild failed')
    .executionFailed('ImageBuildFailed').events,
  ...change,
});

let ledger: Ledger;
let store: EvidenceStore;
let files: Map<string, string>;
let archive: Map<string, string>;
let redriven: string[];
let execution: Execution | undefined;
let redriveAnswer: Awaited<ReturnType<Executions['redrive']>>;
const ours = createTestSigner();
const append = (...of: Parameters<ReturnType<typeof appendEvidence>>) => appendEvidence(store)(...of);

beforeEach(() => {
  store = createMemoryEvidence();
  ledger = recordedLedger(createMemoryLedger(), { append, now });
  files = new Map();
  archive = new Map();
  redriven = [];
  execution = failedExecution();
  redriveAnswer = { kind: 'redriven' };
});

const system = (): System => ({
  ledger,
  evidence: store,
  publicKey: ours.signer.key,
  archived: async (key) => archive.get(key),
  executions: {
    read: async () => execution,
    redrive: async (executionArn) => {
      redriven.push(executionArn);
      return redriveAnswer;
    },
  },
  noteRedrive: async (promotionId, redrive) => {
    await append(promotionId, redriveAsked(redrive, { type: 'identity', arn: CALLER }, now().toISOString()));
    return CALLER;
  },
  now,
});
const disk: Files = {
  read: (file) => {
    const text = files.get(file);
    if (text === undefined) throw new CommandError(`${file}: there is no such file.`);
    return Buffer.from(text);
  },
  create: (file, text) => {
    files.set(file, text);
  },
};
const run = (command: Parameters<typeof runCommand>[0], ask?: Ask) =>
  runCommand(command, system(), disk, ask);
const redrive = { name: 'redrive', promotion: PROMOTION_ID, yes: true } as const;
const seal = () =>
  sealEvidence({
    ledger,
    store,
    append,
    signer: ours.signer,
    archive: {
      keep: async (key, text) => {
        archive.set(key, text);
      },
    },
    now,
  })(PROMOTION_ID);
const failed = (change: Partial<Promotion> = {}) =>
  ledger.addPromotion(aPromotion({ status: 'FAILED', error: 'DeploymentFailed', endedAt: END, ...change }));

describe('promotions', () => {
  it('are listed newest first, of one application if asked', async () => {
    for (const [index, application] of ['shop', 'till', 'shop'].entries())
      await ledger.addPromotion(
        aPromotion({ promotionId: `p${index}`, application, startedAt: `2026-11-22T1${index}:00:00.000Z` }),
      );
    const ids = async (application?: string, limit = 20) => {
      const { json } = await run({ name: 'promotions', limit, ...(application && { application }) });
      return (json as Promotion[]).map(({ promotionId }) => promotionId);
    };
    expect(await ids()).toEqual(['p2', 'p1', 'p0']);
    expect(await ids('shop')).toEqual(['p2', 'p0']);
    expect(await ids('shop', 1)).toEqual(['p2']);
  });

  it('that are none are said to be none', async () => {
    expect(await run({ name: 'promotions', limit: 20 })).toMatchObject({
      text: 'There are no promotions.',
      json: [],
    });
  });
});

describe('turns', () => {
  const take = async () => {
    await ledger.addPromotion(aPromotion({ promotionId: 'a', startedAt: '2026-11-22T10:00:00.000Z' }));
    await ledger.addPromotion(
      aPromotion({ promotionId: 'b', startedAt: '2026-11-22T10:01:00.000Z', commitMessage: 'Say \u001b[2J' }),
    );
    const free = await ledger.turn('shop', 'qat');
    const { taskToken: _, ...holder } = aWaiter('a');
    await ledger.replaceTurn(free, { ...free, holder, waiting: [aWaiter('b')] });
  };
  const told = [
    'QAT of shop: a0000000 Show the cart (a) is about to start, since 2026-11-22 10:00:02 UTC',
    '  1. b0000000 Say \\u001b[2J (b), waits since 2026-11-22 10:00:02 UTC for a:',
    '     a0000000 is being built, deployed or verified.',
  ].join('\n');

  it('are told with who waits for whom and why', async () => {
    await take();
    const { text, json } = await run({ name: 'turns' });
    expect(text).toBe(`${told}\nProd of shop: free`);
    expect(json).toMatchObject([{ environment: 'qat', waiting: [{ place: 1 }] }, { environment: 'prod' }]);
    expect((await run({ name: 'turns', application: 'till' })).json).toEqual([]);
  });

  it('are told below the promotions', async () => {
    await take();
    expect((await run({ name: 'promotions', limit: 20 })).text).toContain(`\n\n${told}`);
  });

  it('that ended for a newer commit name it', async () => {
    await failed({
      status: 'SUPERSEDED',
      cause: 'Superseded by the newer commit 1a2b3c4d (promotion b), so',
    });
    expect((await run({ name: 'promotions', limit: 20 })).text).toContain('SUPERSEDED by 1a2b3c4d');
  });
});

describe('a promotion', () => {
  it('is meant by its id, or by the beginning of id or commit', async () => {
    await ledger.addPromotion(aPromotion());
    for (const promotion of [PROMOTION_ID, 'shop-8f0c', COMMIT, COMMIT.slice(0, 7)])
      expect((await run({ name: 'show', promotion })).json).toMatchObject({
        promotion: { promotionId: PROMOTION_ID },
      });
  });

  it.each(['unknown', 'sho', ''])('fails to be meant by "%s"', async (promotion) => {
    await ledger.addPromotion(aPromotion());
    await expect(run({ name: 'show', promotion })).rejects.toThrow('There is no promotion');
  });

  it('fails to be meant where others are too, and lists them', async () => {
    await ledger.addPromotion(aPromotion());
    await ledger.addPromotion(aPromotion({ promotionId: 'shop-8f0c-other' }));
    await expect(run({ name: 'show', promotion: 'shop-8f0c' })).rejects.toThrow(
      /more than one promotion.*\n[\s\S]*shop-8f0c-other/,
    );
  });

  it('is shown with what belongs to it, and without any task token', async () => {
    await failed({ commitMessage: 'Say \u001b[2Jhello', cause: 'line one\nline \u202etwo', redrives: 1 });
    await ledger.addJob(aJob({ attempt: 2, status: 'FAILED', error: 'ImageBuildFailed', endedAt: END }));
    await ledger.addApproval(
      anApproval({
        status: 'APPROVED',
        decision: 'approve',
        decidedBy: aPerson('quinn'),
        decidedAt: END,
        comment: 'Fine',
        answeredToken: 'qc-token-1',
      }),
    );
    const person = aPerson('sam');
    await ledger.addRefusal({
      promotionId: PROMOTION_ID,
      approvalId: 'a',
      role: 'pmo',
      person,
      reason: 'Expired',
      at: END,
    });
    const { text, json } = await run({ name: 'show', promotion: PROMOTION_ID });
    for (const part of [
      'FAILED, redriven 1 ×',
      'Say \\u001b[2Jhello',
      'Build QAT image (attempt 2)  FAILED',
      'quinn: Fine',
      'sam  as pmo  Expired',
      '  line one\n  line \\u202etwo',
      'not signed yet',
    ])
      expect(text).toContain(part);
    expect(JSON.stringify(json)).not.toMatch(/token/i);
    expect(json).toMatchObject({ approvals: [{ comment: 'Fine' }], jobs: [{ attempt: 2 }] });
  });
});

describe('a redrive', () => {
  it('is recorded with who asked, and continues the execution', async () => {
    await failed();
    const { text, json } = await run(redrive);
    expect(redriven).toEqual([aPromotion().executionArn]);
    expect(text).toContain(CALLER);
    expect(text).toContain('Resumes at: Build QAT image, try 2; then Point QAT at image');
    expect(json).toEqual({
      promotionId: PROMOTION_ID,
      redriven: true,
      redrive: 1,
      by: CALLER,
      advice: expect.objectContaining({ mayRedrive: true, taking: 'starts' }),
    });
    expect((await store.entries(PROMOTION_ID)).at(-1)).toMatchObject({
      kind: 'redrive-asked',
      actor: { arn: CALLER },
    });
  });

  it('tells what it would do, and asks first', async () => {
    await failed();
    const asked: string[] = [];
    const answering = (answer: string) => async (question: string) => {
      asked.push(question);
      return answer;
    };
    const { yes: _, ...plain } = redrive;
    for (const answer of ['', 'n', 'no', 'maybe'])
      expect(await run({ ...plain, yes: false }, answering(answer))).toMatchObject({
        text: 'Not redriven; nothing was changed.',
        json: { redriven: false },
        isGood: false,
      });
    expect(redriven).toEqual([]);
    expect(await store.entries(PROMOTION_ID)).toHaveLength(1);
    const { text } = await run({ ...plain, yes: false }, answering(' Y '));
    expect(text).toBe(`Redrive 1 of ${PROMOTION_ID}, by ${CALLER}: it goes on at Build QAT image.`);
    expect(redriven).toHaveLength(1);
    expect(asked[0]).toContain('It may be redriven until 2026-12-06 11:00 UTC.\nMend first: ');
    expect(asked[0]).toMatch(/\nRedrive it\? \[y\/N\] $/);
  });

  it('fails with the usage where there is nobody to ask and nobody said yes', async () => {
    await failed();
    const call = run({ ...redrive, yes: false });
    await expect(call).rejects.toThrow(UsageError);
    await expect(call).rejects.toThrow(/add --yes\.\nIt may be redriven/);
    expect(redriven).toEqual([]);
  });

  it.each<[string, Partial<Execution>, string]>([
    ['runs', { status: 'RUNNING' }, 'in progress'],
    ['has succeeded', { status: 'SUCCEEDED' }, 'has succeeded'],
    ['was refused', { error: 'Refused' }, 'A refusal is final'],
    ['ended long ago', { endedAt: Date.parse('2026-11-01T00:00:00.000Z') }, '14 days'],
    ['Step Functions offers none for', { redrivable: false, redriveRefusal: 'It is odd' }, '(It is odd)'],
  ])(
    'of one that %s is refused by the rules of the site, and nothing is recorded',
    async (_, change, why) => {
      await failed();
      execution = failedExecution(change);
      await expect(run(redrive)).rejects.toThrow(why);
      expect(redriven).toEqual([]);
      expect(await store.entries(PROMOTION_ID)).toHaveLength(1);
    },
  );

  it('that Step Functions refuses after all fails with its reason', async () => {
    await failed();
    redriveAnswer = { kind: 'refused', message: 'Execution is RUNNING' };
    await expect(run(redrive)).rejects.toThrow('Step Functions refused the redrive: Execution is RUNNING');
  });

  it('that did not get to Prod is shown with what serves there', async () => {
    await failed({ prodRestored: { redrives: 0, imageId: 'ami-old', at: END } });
    const { text } = await run({ name: 'show', promotion: PROMOTION_ID });
    expect(text).toMatch(/^Prod +in order since 2026-11-22 11:00:00 UTC: ami-old serves$/m);
  });

  it('is advised on when one that failed is shown, and not when one runs', async () => {
    await failed();
    const { text, json } = await run({ name: 'show', promotion: PROMOTION_ID });
    expect(text).toContain('\n\nRedrive\n  It may be redriven until 2026-12-06 11:00 UTC.\n  Mend first: ');
    expect(json).toMatchObject({ redrive: { mayRedrive: true, resumesAt: { attempt: 2 } } });
    execution = failedExecution({ status: 'RUNNING' });
    const running = await run({ name: 'show', promotion: PROMOTION_ID });
    expect(running.json).not.toHaveProperty('redrive');
    expect(running.text).not.toContain('Redrive\n');
  });
});

describe('evidence', () => {
  const evidence = () => run({ name: 'evidence', promotion: PROMOTION_ID, out: 'e.json' });
  const verify = (key?: string) => verifyFile({ name: 'verify', file: 'e.json', ...(key && { key }) }, disk);

  it('that is sealed is written and verifies, with a warning about the key', async () => {
    await failed();
    await seal();
    expect((await evidence()).json).toMatchObject({ file: 'e.json', entries: 2, sealedUpTo: 2 });
    const { text, json, isGood } = verify();
    expect(isGood).toBe(true);
    expect(text).toContain(`Fingerprint: ${ours.fingerprint}`);
    expect(text).toContain('aws kms get-public-key --key-id arn:aws:kms:us-east-1:000000000000:key/evidence');
    expect(json).toMatchObject({ verified: true, keyCompared: false, problems: [] });
  });

  it('verifies against the key that is given, without a warning', async () => {
    await failed();
    await seal();
    await evidence();
    files.set('key.pem', ours.pem);
    const { text, json } = verify('key.pem');
    expect(text).not.toContain('WARNING');
    expect(json).toMatchObject({ verified: true, keyCompared: true });
    files.set('key.pem', createTestSigner().pem);
    expect(verify('key.pem')).toMatchObject({ isGood: false, text: expect.stringContaining('another key') });
    files.set('key.pem', 'nonsense');
    expect(() => verify('key.pem')).toThrow('key.pem: The given key is no public key in PEM');
    expect(() => verify('nowhere')).toThrow('nowhere');
  });

  it('of a promotion that runs verifies, with a warning that nothing is signed', async () => {
    await ledger.addPromotion(aPromotion());
    expect((await evidence()).text).toContain('Nothing is signed yet');
    expect(verify()).toMatchObject({
      isGood: true,
      text: expect.stringContaining('WARNING: nothing in it is signed'),
    });
  });

  it('that goes on after the seal says what is not signed', async () => {
    await failed();
    await seal();
    await run(redrive);
    await evidence();
    expect(verify().text).toContain('entries 3 to 3 came after that and are not signed');
  });

  it('that was changed is refused, with the entry', async () => {
    await failed();
    await seal();
    await evidence();
    files.set('e.json', (files.get('e.json') ?? '').replace('Show the cart', 'Hide the cart'));
    const { text, json, isGood } = verify();
    expect(isGood).toBe(false);
    expect(text).toContain('e.json is NOT as it was recorded:\n- Entry 1 (push of');
    expect(json).toMatchObject({ verified: false, problems: [{ kind: 'changed', sequence: 1 }] });
  });

  it('departing from what was sealed fails, and the sealed record is written', async () => {
    await failed();
    await seal();
    const sealed = store;
    store = createMemoryEvidence();
    const [first] = await sealed.entries(PROMOTION_ID);
    if (first) await store.addEntry(PROMOTION_ID, first);
    await expect(evidence()).rejects.toThrow('it departs at entry 2');
    store = sealed;
    expect(verify().isGood).toBe(true);
  });

  it('fails for a promotion without a record', async () => {
    const old = createMemoryLedger();
    await old.addPromotion(aPromotion());
    ledger = old;
    await expect(evidence()).rejects.toThrow('has no record');
    expect(files.size).toBe(0);
  });
});
