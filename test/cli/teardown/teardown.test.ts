import type { Account, RunningWork, StackResource } from '../../../cli/teardown/account.ts';
import type { FailedResource } from '../../../cli/teardown/failures.ts';
import type { Place, StandingStack } from '../../../cli/teardown/stacks.ts';
import type { Leftover } from '../../../cli/teardown/stays.ts';
import type { StoppingSystem } from '../../../cli/teardown/stop-work.ts';
import { teardown } from '../../../cli/teardown/teardown.ts';
import type { TeardownCommand } from '../../../cli/teardown/teardown-options.ts';

const HOME = { account: '111111111111', region: 'us-east-1' };
const EXECUTION = 'arn:aws:states:us-east-1:111111111111:execution:lockstep-orders:orders-1';

/** What happened, in order. */
let calls: string[];
let told: string[];
let stacks: Map<string, StandingStack[]>;
let running: RunningWork[];
/** What a stack's deletion ends with, by its name. */
let endings: Map<string, Partial<StandingStack>>;
let failures: FailedResource[];
let left: Leftover[];
let images: Leftover[];
let removals: Map<string, Error>;
let locks: Awaited<ReturnType<Account['leftovers']['locks']>>;
let policyError: Error | undefined;
let sealed: boolean;
let minutes: number;
let onDelete: () => void;

const stack = (name: string, outputs: StandingStack['outputs'] = {}): StandingStack => ({
  name,
  id: `id-${name}`,
  status: 'CREATE_COMPLETE',
  outputs,
});
const deploy = (region: string, ...standing: StandingStack[]) => stacks.set(region, standing);

beforeEach(() => {
  calls = [];
  told = [];
  stacks = new Map();
  running = [];
  endings = new Map();
  failures = [];
  left = [];
  images = [];
  removals = new Map();
  locks = { versions: 0, locked: 0 };
  policyError = undefined;
  sealed = true;
  minutes = 0;
  onDelete = () => {};
});

const accountIn = (place: Place): Account => {
  const here = () => stacks.get(place.region) ?? [];
  return {
    place: async () => place,
    inRegion: (region) => accountIn({ ...place, region }),
    stacks: async () => here(),
    stack: async (id) => here().find((one) => one.id === id),
    resources: async (id): Promise<StackResource[]> =>
      id === 'id-deleted'
        ? left.map(({ type, id: physicalId, logicalId = 'x' }) => ({
            logicalId,
            type,
            physicalId,
            status: 'DELETE_SKIPPED',
          }))
        : [],
    failures: async () => failures,
    deleteStack: async (id) => {
      calls.push(`delete ${id.slice(3)} in ${place.region}`);
      onDelete();
      const ending = endings.get(id.slice(3));
      const others = here().filter((one) => one.id !== id);
      const own = here().find((one) => one.id === id);
      stacks.set(place.region, own && ending ? [...others, { ...own, ...ending }] : others);
    },
    deletedStacks: async () => (left.length > 0 ? [{ name: deletedName, id: 'id-deleted' }] : []),
    running: async (application) => (application === 'orders' ? running : []),
    leftovers: {
      images: async () => images,
      exists: async () => true,
      remove: async ({ id }) => {
        calls.push(`remove ${id}`);
        const error = removals.get(id);
        if (error) throw error;
      },
      locks: async () => locks,
      removePolicy: async (bucket) => {
        calls.push(`unlock ${bucket}`);
        if (policyError) throw policyError;
      },
    },
  };
};
let deletedName = 'Lockstep-orders';
beforeEach(() => {
  deletedName = 'Lockstep-orders';
});

const system: StoppingSystem = {
  ledger: { promotion: async () => ({ status: 'ABORTED', application: 'orders' }) as never },
  evidence: {
    entries: async () => [{}] as never,
    seals: async () => (sealed ? ([{ entries: 1 }] as never) : []),
  },
  archive: async () => [{}] as never,
  executions: {
    read: async () => undefined,
    redrive: async () => ({ kind: 'redriven' }),
    stop: async (arn, { cause }) => {
      calls.push(
        `stop ${arn.split(':').at(-1)}: ${(JSON.parse(cause) as { stopped: { reason: string } }).stopped.reason}`,
      );
      running = running.filter(({ id }) => id !== arn);
    },
  },
  noteStop: async (promotionId, reason) => {
    calls.push(`record ${promotionId}: ${reason}`);
    return 'arn:olga';
  },
};

const run = (command: Partial<TeardownCommand> & object, answer?: string) =>
  teardown(
    {
      name: 'teardown',
      target: { application: 'orders' },
      step: 'stacks',
      reason: 'retired',
      yes: true,
      ...command,
    } as TeardownCommand,
    {
      account: accountIn(HOME),
      system: async () => system,
      now: () => new Date(Date.parse('2026-11-29T10:00:00Z') + minutes * 60_000),
      pause: async () => {
        minutes += 1;
      },
      tell: (text) => told.push(text),
      ...(answer !== undefined && { ask: async () => answer }),
    },
  );

const work = (kind: RunningWork['kind'], id: string): RunningWork => ({
  kind,
  id,
  isEnding: false,
  stop: async () => {
    calls.push(`stop ${id}`);
    running = running.filter((one) => one.id !== id);
  },
});

describe('a tear-down of stacks', () => {
  it('T58: stops what runs, promotions with their reason, before it deletes anything', async () => {
    deploy('us-east-1', stack('Lockstep-orders'), stack('Lockstep-Platform'));
    running = [work('promotion', EXECUTION), work('deployment', 'd-1'), work('image build', 'build-1')];
    const { text } = await run({ reason: 'is  retired' } as never);
    expect(calls).toEqual([
      'record orders-1: is retired',
      'stop orders-1: is retired',
      'stop d-1',
      'stop build-1',
      'delete Lockstep-orders in us-east-1',
    ]);
    expect(text).toContain('orders is torn down.');
  });

  it('fails after a while if work does not end, naming it, and deletes nothing', async () => {
    deploy('us-east-1', stack('Lockstep-orders'));
    running = [{ ...work('deployment', 'd-1'), stop: async () => {} }];
    await expect(run({})).rejects.toThrow(
      'Waiting for the end of 1 deployment. Waited 15 minutes. Run the same command again',
    );
    expect(calls).toEqual([]);
  });

  it('fails if the record of a stopped promotion is not sealed, and deletes nothing', async () => {
    deploy('us-east-1', stack('Lockstep-orders'));
    running = [work('promotion', EXECUTION)];
    sealed = false;
    await expect(run({})).rejects.toThrow('Waiting until the record of orders-1 is sealed.');
    expect(calls.join()).not.toContain('delete');
    // The same command again goes on without.
    await run({});
    expect(calls.at(-1)).toBe('delete Lockstep-orders in us-east-1');
  });

  it("fails at the first stack that stays, with CloudFormation's reason and what to do", async () => {
    deploy('us-east-1', stack('Lockstep-orders-Qat'), stack('Lockstep-orders'));
    endings.set('Lockstep-orders-Qat', {
      status: 'DELETE_FAILED',
      reason: 'The following resource(s) failed to delete: [Sg]. ',
    });
    failures = [
      {
        logicalId: 'Sg',
        physicalId: 'sg-1',
        type: 'AWS::EC2::SecurityGroup',
        reason: 'resource sg-1 has a dependent object',
      },
      { logicalId: 'Vpc', physicalId: 'vpc-1', type: 'AWS::EC2::VPC', reason: 'Resource deletion cancelled' },
    ];
    await expect(run({})).rejects.toThrow(
      /Lockstep-orders-Qat \(DELETE_FAILED\).*\n {2}AWS::EC2::SecurityGroup Sg \(sg-1\): resource sg-1 has a dependent object\n {4}A network interface.*\nThen run the same command again/,
    );
    expect(calls).toEqual(['delete Lockstep-orders-Qat in us-east-1']);
  });

  it('fails if CloudFormation goes on to show the stack as it was', async () => {
    deploy('us-east-1', { ...stack('Lockstep-orders'), status: 'DELETE_FAILED', reason: 'as before' });
    endings.set('Lockstep-orders', {});
    await expect(run({})).rejects.toThrow('Lockstep-orders (DELETE_FAILED): as before');
    expect(told).toContain('Lockstep-orders: CloudFormation begins.');
  });

  it('fails if CloudFormation gives a deletion up because an export is in use', async () => {
    deploy('us-east-1', stack('Lockstep-Platform'));
    endings.set('Lockstep-Platform', {
      status: 'UPDATE_COMPLETE',
      reason: 'Export a cannot be deleted as it is in use by Other',
    });
    await expect(run({ target: 'platform' })).rejects.toThrow(
      'in use by Other\n  Delete the stacks that use the export first',
    );
  });

  it('stops a promotion that starts while the stack is deleted', async () => {
    deploy('us-east-1', stack('Lockstep-orders'));
    endings.set('Lockstep-orders', { status: 'DELETE_IN_PROGRESS' });
    // It is pushed after everything was stopped, and the stack ends when it has.
    onDelete = () => {
      running = [work('promotion', EXECUTION)];
    };
    await expect(run({})).rejects.toThrow('Waited 120 minutes');
    expect(calls).toContain('stop orders-1: retired');
  });

  it('T52: deletes the stacks of other regions first, and says what remains in other accounts, with the command', async () => {
    deploy(
      'us-east-1',
      stack('Lockstep-orders', { QatPlace: '111111111111/eu-west-1', ProdPlace: '222222222222/eu-west-1' }),
    );
    deploy('eu-west-1', stack('Lockstep-orders-Qat'), stack('Lockstep-orders-Artifacts-eu-west-1'));
    const { text } = await run({});
    expect(calls).toEqual([
      'delete Lockstep-orders-Artifacts-eu-west-1 in eu-west-1',
      'delete Lockstep-orders-Qat in eu-west-1',
      'delete Lockstep-orders in us-east-1',
    ]);
    expect(text).toContain(
      'account 222222222222, region eu-west-1: AWS_REGION=eu-west-1 npm run lockstep -- teardown orders --reason "retired"',
    );
  });

  it('changes nothing unless the name is typed', async () => {
    deploy('us-east-1', stack('Lockstep-orders'));
    expect(await run({ yes: false }, 'order')).toMatchObject({ end: 'failed' });
    await expect(run({ yes: false })).rejects.toThrow('add --yes');
    expect(calls).toEqual([]);
    await run({ yes: false }, ' orders ');
    expect(calls).toEqual(['delete Lockstep-orders in us-east-1']);
  });

  it('fails for the platform while a stack of an application stands', async () => {
    deploy('us-east-1', stack('Lockstep-Platform'), stack('Lockstep-orders'), stack('Lockstep-api-Prod'));
    await expect(run({ target: 'platform' })).rejects.toThrow(
      'stand: api, orders. Tear them down first:\n  npm run lockstep -- teardown api --reason TEXT',
    );
    expect(calls).toEqual([]);
  });

  it.each(['', ' ', 'x'.repeat(501)])('fails for the reason %j', async (reason) => {
    await expect(run({ reason } as never)).rejects.toThrow('--reason takes 1 to 500 characters');
  });
});

describe('a tear-down of leftovers', () => {
  const leftovers: Leftover[] = [
    { type: 'AWS::KMS::Key', id: 'key' },
    { type: 'AWS::S3::Bucket', id: 'bucket' },
    { type: 'AWS::Logs::LogGroup', id: 'logs' },
  ];
  const image = { type: 'AWS::EC2::Image', id: 'ami-1' };

  it('T60: fails while a stack stands: an image must not be deregistered before', async () => {
    deploy('us-east-1', stack('Lockstep-orders'));
    images = [image];
    await expect(run({ step: 'leftovers' })).rejects.toThrow('these stand: Lockstep-orders');
    expect(calls).toEqual([]);
  });

  it('T60: deletes keys last', async () => {
    left = leftovers;
    images = [image];
    await run({ step: 'leftovers' });
    expect(calls).toEqual(['remove ami-1', 'remove bucket', 'remove logs', 'remove key']);
  });

  it('T60: keeps keys if something stays that they may encrypt, says what and why, and ends as failed', async () => {
    left = leftovers;
    removals.set('bucket', Object.assign(new Error('no'), { name: 'AccessDenied' }));
    const { text, end } = await run({ step: 'leftovers' });
    expect(calls).toEqual(['remove bucket', 'remove logs']);
    expect(end).toBe('failed');
    expect(text).toContain('AWS::S3::Bucket bucket: AccessDenied: no');
    expect(text).toContain('These keys stay, as they may encrypt what stays: key');
  });

  it('changes nothing unless the name is typed', async () => {
    left = leftovers;
    expect(await run({ step: 'leftovers', yes: false }, 'yes')).toMatchObject({ end: 'failed' });
    expect(calls).toEqual([]);
  });
});

describe('a tear-down of evidence', () => {
  beforeEach(() => {
    deletedName = 'Lockstep-Platform';
    left = [
      { type: 'AWS::S3::Bucket', id: 'evidence', logicalId: 'EvidenceBucket1' },
      { type: 'AWS::KMS::Key', id: 'signing', logicalId: 'EvidenceSigningKey1' },
      { type: 'AWS::DynamoDB::Table', id: 'ledger', logicalId: 'LedgerTable1' },
      { type: 'AWS::KMS::Key', id: 'mail', logicalId: 'MailKey1' },
    ];
  });
  const evidence = () => run({ target: 'platform', step: 'evidence' });

  it('fails while a record is locked, says until when, and deletes nothing', async () => {
    locks = { versions: 3, locked: 2, until: new Date('2033-11-29T10:10:00Z') };
    await expect(evidence()).rejects.toThrow(
      '2 of 3 sealed records in evidence are under Object Lock, the last until 29 Nov 2033, 10:10 UTC.',
    );
    expect(calls).toEqual([]);
  });

  it("fails, and deletes nothing, if the bucket's policy denies it", async () => {
    policyError = Object.assign(new Error('explicit deny'), { name: 'AccessDenied' });
    await expect(evidence()).rejects.toThrow(/AccessDenied: explicit deny.*breakGlassRole/);
    expect(calls).toEqual(['unlock evidence']);
  });

  it('deletes the records, then the ledger, then their keys, and nothing else', async () => {
    await evidence();
    expect(calls).toEqual(['unlock evidence', 'remove evidence', 'remove ledger', 'remove signing']);
  });

  it('is no part of what --delete-leftovers deletes', async () => {
    await run({ target: 'platform', step: 'leftovers' });
    expect(calls).toEqual(['remove mail']);
  });
});
