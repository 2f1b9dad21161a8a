import { createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { appendEvidence } from '../../../tasks/evidence/append-evidence.ts';
import type { FinalState } from '../../../tasks/evidence/chain.ts';
import type { EvidenceStore } from '../../../tasks/evidence/evidence-store.ts';
import { startedByHand } from '../../../tasks/evidence/facts.ts';
import { createKmsSigner } from '../../../tasks/evidence/kms-signer.ts';
import { recordedLedger } from '../../../tasks/evidence/recorded-ledger.ts';
import { createS3Archive, readArchive } from '../../../tasks/evidence/s3-archive.ts';
import { sealEvidence } from '../../../tasks/evidence/seal-evidence.ts';
import { verifyEvidence } from '../../../tasks/evidence/verify-evidence.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { createMemoryEvidence, createTestSigner } from '../doubles/memory-evidence.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  aDecision,
  aJob,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aReview,
  COMMIT,
  PROMOTION_ID,
} from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';

const now = () => new Date('2026-11-22T12:00:00.000Z');
const END = '2026-11-22T11:00:00.000Z';
const quinn = { subject: 'sub-of-quinn', name: 'quinn', verifiedEmail: 'quinn@example.com' };

let plain: Ledger;
let ledger: Ledger;
let store: EvidenceStore;
let kept: { objectKey: string; text: string }[];
const ours = createTestSigner();
beforeEach(() => {
  plain = createMemoryLedger();
  store = createMemoryEvidence();
  ledger = recordedLedger(plain, { append: appendEvidence(store), now });
  kept = [];
});
const kinds = async () => (await store.entries(PROMOTION_ID)).map(({ kind }) => kind);
const check = (index: number, state?: FinalState) =>
  verifyEvidence(Buffer.from(kept[index]?.text ?? ''), { key: ours.pem, state });
const seal = (signer = ours.signer, keep?: () => Promise<void>) =>
  sealEvidence({
    ledger,
    store,
    append: appendEvidence(store),
    signer,
    archive: {
      keep:
        keep ??
        (async (objectKey, text) => {
          if (!kept.some((one) => one.objectKey === objectKey)) kept.push({ objectKey, text });
        }),
    },
    now,
  })(PROMOTION_ID);

const approved = approvedBy(quinn, { comment: 'Fine' });

describe('the recorded ledger', () => {
  it('records what the event of a push claims, and an execution started by hand as such', async () => {
    await ledger.addPromotion(aPromotion());
    await ledger.addPromotion(aPromotion());
    expect(await store.entries(PROMOTION_ID)).toEqual([
      expect.objectContaining({
        kind: 'push-event',
        actor: { type: 'lockstep' },
        at: aPromotion().startedAt,
        what: expect.objectContaining({ claimedPushedBy: 'arn:aws:iam::000000000000:user/dana' }),
      }),
    ]);
    const other = aPromotion({ promotionId: 'by-hand' });
    await recordedLedger(plain, { append: appendEvidence(store), now, begin: startedByHand }).addPromotion(
      other,
    );
    expect(await store.entries('by-hand')).toEqual([
      expect.objectContaining({ kind: 'started-by-hand', actor: { type: 'identity', arn: 'unknown' } }),
    ]);
  });

  it('records a push once its provider has confirmed it, with its time and caller', async () => {
    const pushedBy = 'arn:aws:iam::000000000000:user/dana';
    const push = { commitId: COMMIT, pushedBy, pushedAt: '2026-11-22T09:59:56.000Z' };
    const asked = anApproval({ review: aReview({ push }) });
    await ledger.addApproval(asked);
    await ledger.addApproval({ ...asked, role: 'pmo', approvalId: 'another' });
    const entries = await store.entries(PROMOTION_ID);
    expect(entries.map(({ kind }) => kind)).toEqual(['push', 'approval-requested', 'approval-requested']);
    expect(entries[0]).toMatchObject({
      at: push.pushedAt,
      actor: { type: 'identity', arn: pushedBy },
      what: { commitId: COMMIT },
    });
    expect(entries[1]?.what.makers).toMatchObject({ pusher: pushedBy, pusherConfirmed: true });
  });

  it('records a job when it runs and when it has ended, and no change of its tokens', async () => {
    const [starting, running] = [aJob(), aJob({ status: 'RUNNING', externalId: 'image-1' })];
    await ledger.addJob(starting);
    expect(await kinds()).toEqual([]);
    await ledger.replaceJob(starting, running);
    await ledger.replaceJob(running, { ...running, taskToken: 'token-2' });
    const failed = aJob({
      ...running,
      status: 'FAILED',
      error: 'ImageBuildFailed',
      cause: 'x'.repeat(9000),
      endedAt: END,
    });
    await ledger.replaceJob({ ...running, taskToken: 'token-2' }, failed);
    expect(await kinds()).toEqual(['job-started', 'job-ended']);
    const { what, at } = (await store.entries(PROMOTION_ID))[1] ?? {};
    expect([at, what?.error, String(what?.cause).length]).toEqual([END, 'ImageBuildFailed', 4000]);
    expect(JSON.stringify(await store.entries(PROMOTION_ID))).not.toContain('token-');
  });

  it('records a request, the decision with who decided, and denied attempts', async () => {
    const asked = anApproval();
    await ledger.addApproval(asked);
    await ledger.replaceApproval(asked, { ...asked, mailedAt: END });
    await ledger.replaceApproval({ ...asked, mailedAt: END }, { ...asked, ...approved });
    const denial = {
      promotionId: PROMOTION_ID,
      approvalId: asked.approvalId,
      role: 'pmo',
      person: aPerson('sam'),
      reason: 'ApproversMustDiffer',
      at: END,
    } as const;
    await ledger.addDenial(denial);
    const entries = await store.entries(PROMOTION_ID);
    expect(entries.map(({ kind }) => kind)).toEqual(['approval-requested', 'decision', 'denial']);
    expect(entries[1]).toMatchObject({
      actor: { type: 'person', ...quinn },
      at: approved.decisions[0]?.at,
      what: {
        role: 'qc',
        decision: 'approve',
        comment: 'Fine',
        signedInAt: approved.decisions[0]?.signedInAt,
        candidate: asked.candidate,
      },
    });
    expect(entries[0]?.what.makers).toEqual({
      people: asked.review.makers,
      commits: asked.review.commits.map(({ commitId }) => commitId),
      commitCount: asked.review.commitCount,
      ...(asked.review.live && { since: asked.review.live.commitId }),
      pusher: asked.candidate.pushedBy,
      pusherConfirmed: false,
      notRead: asked.review.gaps,
    });
    expect(entries[2]).toMatchObject({ actor: { name: 'sam' }, what: { reason: 'ApproversMustDiffer' } });
    expect(JSON.stringify(entries)).not.toContain('qc-token-1');
    expect(JSON.stringify(entries)).not.toContain(asked.approvalId);
  });

  it('records each of several decisions once, and what closed the request without the last', async () => {
    const asked = anApproval({ count: 2 });
    const once = { ...asked, decisions: [aDecision(quinn)] };
    await ledger.addApproval(asked);
    await ledger.replaceApproval(asked, once);
    await ledger.replaceApproval(once, { ...once, status: 'EXPIRED' });
    const entries = await store.entries(PROMOTION_ID);
    expect(entries.map(({ kind }) => kind)).toEqual(['approval-requested', 'decision', 'approval-closed']);
    expect(entries[0]?.what.count).toBe(2);
    const both = anApproval({ count: 2, attempt: 2, approvalId: 'again' });
    await ledger.addApproval(both);
    const absence = { absenceId: 'a', absent: aPerson('parker'), until: END };
    const first = { ...both, decisions: [aDecision(quinn, { absence })] };
    await ledger.replaceApproval(both, first);
    const decisions = [...first.decisions, aDecision(aPerson('sam'))];
    await ledger.replaceApproval(first, { ...first, status: 'APPROVED', decisions });
    expect((await store.entries(PROMOTION_ID))[4]?.what.for).toMatchObject({
      absenceId: 'a',
      absent: { name: 'parker' },
      until: END,
    });
    expect(
      (await store.entries(PROMOTION_ID)).slice(3).map(({ kind, actor }) => [kind, actor]),
    ).toMatchObject([
      ['approval-requested', {}],
      ['decision', { name: 'quinn' }],
      ['decision', { name: 'sam' }],
    ]);
  });

  it('records a request that nobody answered', async () => {
    const asked = anApproval();
    await ledger.addApproval(asked);
    await ledger.replaceApproval(asked, { ...asked, status: 'EXPIRED' });
    expect((await store.entries(PROMOTION_ID))[1]).toMatchObject({
      kind: 'approval-closed',
      at: asked.expiresAt,
      what: { status: 'EXPIRED' },
    });
  });

  it('records each end and each redrive once', async () => {
    await ledger.addPromotion(aPromotion());
    const failed = { status: 'FAILED', redrives: 0, endedAt: END, error: 'E', cause: 'c' } as const;
    await ledger.updatePromotion(PROMOTION_ID, failed);
    await ledger.updatePromotion(PROMOTION_ID, failed);
    await ledger.updatePromotion(PROMOTION_ID, { status: 'RUNNING', redrives: 1 });
    await ledger.updatePromotion(PROMOTION_ID, { status: 'SUCCEEDED', redrives: 1, endedAt: END });
    await ledger.updatePromotion(PROMOTION_ID, { images: { qat: 'ami-1' } });
    expect(await kinds()).toEqual(['push-event', 'ended', 'redriven', 'ended']);
  });
});

describe('sealing', () => {
  const ended = async (redrives = 0) => {
    await ledger.addPromotion(aPromotion());
    await ledger.updatePromotion(PROMOTION_ID, { status: 'FAILED', redrives, endedAt: END });
  };

  it('signs the head and keeps the whole, which can be checked offline', async () => {
    await ended();
    await seal();
    expect(kept.map(({ objectKey }) => objectKey)).toEqual([`shop/${PROMOTION_ID}/000002.json`]);
    expect(check(0, 'FAILED')).toMatchObject({ problems: [], sealedUpTo: 2, state: 'FAILED' });
  });

  it('signs once however often it is asked, and again after a redrive', async () => {
    await ended();
    await seal();
    await seal();
    expect(kept).toHaveLength(1);
    await ledger.updatePromotion(PROMOTION_ID, { status: 'SUCCEEDED', redrives: 1, endedAt: END });
    await seal();
    expect(kept).toHaveLength(2);
    expect(await store.seals(PROMOTION_ID)).toMatchObject([
      { entries: 2, state: 'FAILED' },
      { entries: 4, state: 'SUCCEEDED' },
    ]);
    expect(check(1).problems).toEqual([]);
  });

  it('does not sign while the promotion runs, after a redrive as before the first end', async () => {
    await ledger.addPromotion(aPromotion());
    await seal();
    expect(kept).toEqual([]);
    await ledger.updatePromotion(PROMOTION_ID, { status: 'FAILED', redrives: 0, endedAt: END });
    await ledger.updatePromotion(PROMOTION_ID, { status: 'RUNNING', redrives: 1, endedAt: undefined });
    await seal();
    expect(kept).toEqual([]);
  });

  it('keeps the same seal after the archive failed, also when entries came since', async () => {
    await ended();
    await expect(seal(ours.signer, async () => Promise.reject(new Error('throttled')))).rejects.toThrow(
      'throttled',
    );
    const [first] = await store.seals(PROMOTION_ID);
    await ledger.updatePromotion(PROMOTION_ID, { status: 'SUCCEEDED', redrives: 1, endedAt: END });
    await seal();
    expect(kept.map(({ objectKey }) => objectKey)).toEqual([
      `shop/${PROMOTION_ID}/000002.json`,
      `shop/${PROMOTION_ID}/000004.json`,
    ]);
    expect((await store.seals(PROMOTION_ID))[0]).toEqual(first);
    expect(check(0, 'FAILED').problems).toEqual([]);
    expect(check(1).problems).toEqual([]);
  });

  it('is done again after it was cut short', async () => {
    await ended();
    const cut = { ...ours.signer, sign: async () => Promise.reject(new Error('throttled')) };
    await expect(seal(cut)).rejects.toThrow('throttled');
    expect(await store.seals(PROMOTION_ID)).toEqual([]);
    await seal();
    expect(kept).toHaveLength(1);
  });

  it('adds what crashes between ledger and record left out, in order of time', async () => {
    await ledger.addPromotion(aPromotion());
    const done = { status: 'SUCCEEDED', externalId: 'image-1', endedAt: '2026-11-22T10:05:00.000Z' } as const;
    await plain.addJob(aJob({ ...done, output: { imageId: 'ami-1' } }));
    await plain.addApproval(anApproval(approved));
    await plain.updatePromotion(PROMOTION_ID, { status: 'SUCCEEDED', redrives: 0, endedAt: END });
    await seal();
    expect(await kinds()).toEqual([
      'push-event',
      'job-started',
      'job-ended',
      'approval-requested',
      'decision',
      'ended',
    ]);
    expect(check(0).problems).toEqual([]);
  });

  it('leaves alone what is no promotion', async () => {
    await seal();
    expect(kept).toEqual([]);
  });
});

describe('KMS and S3', () => {
  it('sign with ECDSA_SHA_256, and the public key is read once', async () => {
    const der = createPublicKey(ours.pem).export({ format: 'der', type: 'spki' });
    const { client, sent } = double(
      new KMSClient(offline),
      on(GetPublicKeyCommand, () => ({ KeyId: 'arn:key', PublicKey: new Uint8Array(der) })),
      on(SignCommand, () => ({ Signature: new Uint8Array([1, 2, 3]) })),
    );
    const signer = createKmsSigner('arn:key', client);
    expect(await signer.key()).toEqual({ arn: 'arn:key', publicKey: ours.pem });
    await signer.key();
    expect(await signer.sign('head')).toBe('AQID');
    expect(sent.map(({ command }) => command)).toEqual(['GetPublicKeyCommand', 'SignCommand']);
    expect(sent[1]?.input).toMatchObject({ MessageType: 'RAW', SigningAlgorithm: 'ECDSA_SHA_256' });
  });

  it('reads the public key again after it could not', async () => {
    let tries = 0;
    const der = createPublicKey(ours.pem).export({ format: 'der', type: 'spki' });
    const { client } = double(
      new KMSClient(offline),
      on(GetPublicKeyCommand, () => {
        tries += 1;
        return tries === 1 ? {} : { KeyId: 'arn:key', PublicKey: new Uint8Array(der) };
      }),
    );
    const signer = createKmsSigner('arn:key', client);
    await expect(signer.key()).rejects.toThrow('no public key of arn:key');
    expect(await signer.key()).toMatchObject({ publicKey: ours.pem });
  });

  it('keep without saying for how long: the bucket does', async () => {
    const { client, sent } = double(
      new S3Client(offline),
      on(PutObjectCommand, () => ({})),
    );
    await createS3Archive('evidence', client).keep('shop/p.json', '{}');
    expect(sent[0]?.input).toEqual({
      Bucket: 'evidence',
      Key: 'shop/p.json',
      Body: '{}',
      ContentType: 'application/json',
      IfNoneMatch: '*',
    });
  });

  it('keep what a key has, and pass other errors on', async () => {
    const failing = (name: string) =>
      double(
        new S3Client(offline),
        on(PutObjectCommand, () => {
          throw new S3ServiceException({ ...because('no'), name, $fault: 'client' });
        }),
      ).client;
    await createS3Archive('evidence', failing('PreconditionFailed')).keep('shop/p/000002.json', '{}');
    await expect(
      createS3Archive('evidence', failing('AccessDenied')).keep('shop/p/000002.json', '{}'),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('give the oldest version of each object, with what was done to it since', async () => {
    const body = (text: string) =>
      ({ transformToString: async () => text }) as unknown as GetObjectCommandOutput['Body'] & object;
    const { client, sent } = double(
      new S3Client(offline),
      on(ListObjectVersionsCommand, ({ KeyMarker }) =>
        KeyMarker === undefined
          ? {
              IsTruncated: true,
              NextKeyMarker: 'shop/p/000002.json',
              NextVersionIdMarker: 'new',
              Versions: [{ Key: 'shop/p/000002.json', VersionId: 'new' }],
              DeleteMarkers: [{ Key: 'shop/p/000002.json', VersionId: 'marker' }],
            }
          : {
              Versions: [{ Key: 'shop/p/000002.json', VersionId: 'old' }],
              DeleteMarkers: [{ Key: 'shop/p/000009.json', VersionId: 'gone' }],
            },
      ),
      on(GetObjectCommand, ({ VersionId }) => ({
        Body: body(`version ${VersionId}`),
        ObjectLockRetainUntilDate: new Date('2033-11-22T00:00:00.000Z'),
      })),
    );
    expect(await readArchive('evidence', 'shop/p/', client)).toEqual([
      {
        objectKey: 'shop/p/000002.json',
        text: 'version old',
        isLocked: true,
        newerVersions: 1,
        deleteMarkers: 1,
      },
      {
        objectKey: 'shop/p/000009.json',
        text: undefined,
        isLocked: false,
        newerVersions: 0,
        deleteMarkers: 1,
      },
    ]);
    expect(sent.map(({ command }) => command)).toEqual([
      'ListObjectVersionsCommand',
      'ListObjectVersionsCommand',
      'GetObjectCommand',
    ]);
  });
});
