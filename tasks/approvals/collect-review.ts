import type { InstanceTarget } from '@aws-sdk/client-codedeploy';
import type { Image } from '@aws-sdk/client-imagebuilder';
import type { AppSpecFile } from '../appspec/appspec-file.ts';
import { appSpecWarnings } from '../appspec/appspec-warnings.ts';
import { errorText } from '../error-text.ts';
import type { Inventory } from '../image-inventory/inventory.ts';
import { readInventory } from '../image-inventory/read-inventory.ts';
import { buildOf } from '../images/build-of.ts';
import type { ParentImage } from '../images/parent-image.ts';
import { partsOf } from '../jobs/external-ids.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { liveBefore } from '../ledger/live-promotion.ts';
import { containedBad } from '../marks/mark-rules.ts';
import type { Candidate } from '../payloads.ts';
import type { ChangedFile, Source } from '../source/source.ts';
import { cutText } from '../truncate-text.ts';
import { readFindings } from '../vulnerabilities/scan-image.ts';
import type { FindingsOfBoth } from '../vulnerabilities/security-updates.ts';
import { confirmPush } from './confirm-push.ts';
import { askerOf, goBackReview, madeBy } from './go-back-review.ts';
import { contentsOf } from './image-contents.ts';
import { makersOf, TooManyMakersError } from './makers.ts';
import { pushesOf } from './pushes.ts';
import { type ChangeSources, readChange } from './read-change.ts';
import type { ChangedCommit, ImageContents, InstanceReport, Review, ReviewedPackages } from './review.ts';
import { MOST_IMAGE_CHANGES, reviewPackages } from './review-packages.ts';
import { scannedVulnerabilities } from './review-vulnerabilities.ts';
import { makersBy, type NameRules } from './same-maker.ts';
import { changedHooks, hooksOf, type UntriedHook } from './untried-hooks.ts';

/** Where a review is read from. */
export interface ReviewSources extends ChangeSources, NameRules {
  readonly ledger: Pick<Ledger, 'live' | 'promotion' | 'promotions' | 'jobs' | 'marks'>;
  readonly differences: Source['differences'];
  /** Absent where nobody records pushes. */
  readonly pushes?: Source['pushes'];
  readonly image: (imageBuildVersionArn: string) => Promise<Image | undefined>;
  readonly parent: (imageId: string) => Promise<ParentImage | undefined>;
  /** Text of an object in the evidence bucket; undefined if there is none. */
  readonly readEvidence: (objectKey: string) => Promise<string | undefined>;
  readonly targets: (deploymentId: string) => Promise<readonly InstanceTarget[]>;
  /** The AppSpec file of what a pipeline's run deploys. */
  readonly appSpec: (pipelineName: string, pipelineExecutionId: string) => Promise<AppSpecFile>;
  readonly configurationVersion: string;
  readonly qatUrl: string | undefined;
}

/** How much is kept: an item of the ledger holds 400 KB, and a page is to be read by people. */
const MOST_COMMITS = 30;
const MOST_FILES = 100;
const MOST_DIFFERENCES = 2000;
const LONGEST_MESSAGE = 1000;
const LONGEST_PATH = 500;

const asText = (value: string | undefined): string => (value ?? '').trim();

/** What the AppSpec file of the revision that was deployed to QAT says of hooks that QAT does not run, and of likely mistakes. */
const appSpecIn = async (
  { ledger, appSpec }: Pick<ReviewSources, 'ledger' | 'appSpec'>,
  promotionId: string,
  deploymentId: string,
): Promise<{ readonly hooks: readonly UntriedHook[]; readonly warnings: readonly string[] }> => {
  const jobs = await ledger.jobs(promotionId);
  const externalId = jobs.findLast(({ output }) => output?.deploymentId === deploymentId)?.externalId;
  if (externalId === undefined) throw new Error('no run of the pipeline is recorded');
  const file = await appSpec(...partsOf(externalId));
  return { hooks: hooksOf(file), warnings: appSpecWarnings(file) };
};

const reportOf = ({
  targetId = '',
  targetArn,
  status,
  lifecycleEvents = [],
}: InstanceTarget): InstanceReport => ({
  instanceId: targetArn?.split('/').at(-1) || targetId,
  status: status ?? '',
  events: lifecycleEvents.map((event) => ({
    name: event.lifecycleEventName ?? '',
    status: event.status ?? '',
  })),
});

/** Bytes of a review: an item of the ledger holds 400 KB, with the request, its token and comments beside it. */
const MOST_BYTES = 340_000;
const bytesOf = (review: Review): number => Buffer.byteLength(JSON.stringify(review));

/** A review that fits into the ledger: of commits and files fewer are listed if need be, of makers never. */
const fitted = (review: Review): Review => {
  if (bytesOf(review) <= MOST_BYTES) return review;
  const shorter = { ...review, commits: review.commits.slice(0, 5), files: review.files.slice(0, 20) };
  if (bytesOf(shorter) <= MOST_BYTES) return shorter;
  throw new TooManyMakersError(
    `The change names ${review.makers.length} makers in ${review.commitCount} commits, more than a request can list. ` +
      'Push an earlier commit first, so that fewer commits are promoted at a time.',
  );
};

/**
 * Collects what approvers are shown. What cannot be read is listed as a gap: the request does not wait for it, and
 * everybody sees that it is missing.
 * @throws ChangeNotReadError, TooManyMakersError; what `confirmPush` throws; the error of the call that reads commits
 */
export async function collectReview(
  sources: ReviewSources,
  promotionId: string,
  { application, commitId, pushedBy, qatImageId, qatDeploymentId, built, prodImage }: Candidate,
): Promise<Review> {
  const gaps: string[] = [];
  const orGap = async <Value>(what: string, otherwise: Value, ask: () => Promise<Value>): Promise<Value> => {
    try {
      return await ask();
    } catch (error) {
      gaps.push(`${what}: ${errorText(error)}`);
      return otherwise;
    }
  };
  const runs = await liveBefore(sources.ledger, application, promotionId);
  const live = await madeBy(sources.ledger, runs);
  const promotion = await sources.ledger.promotion(promotionId);
  // First, as it may have to be tried again: nobody is asked about what nobody pushed.
  const goBack = promotion?.goBack;
  const undoes = goBack && live && (await goBackReview(sources.ledger, goBack, live));
  const recorded = goBack
    ? { all: [] }
    : await confirmPush(sources.pushes, promotionId, { commitId, pushedBy }, promotion, live);
  // A go-back takes commits away, builds nothing and does not use QAT: the release's own promotion did.
  const [head, base] = undoes
    ? [undoes.undone[0]?.commitId ?? commitId, commitId]
    : [commitId, live?.commitId];
  const madeIn = goBack?.to ?? promotionId;
  const imageContents = async (
    of: string,
    imageId: string | undefined,
  ): Promise<ImageContents | undefined> => {
    const job = buildOf(await sources.ledger.jobs(of), imageId);
    const build = job?.output?.imageBuildVersionArn;
    if (build === undefined || imageId === undefined) return undefined;
    const [image, parent] = await Promise.all([sources.image(build), sources.parent(imageId)]);
    return contentsOf(imageId, image, parent, job?.imageChoice);
  };

  const packagesOf = async (of: string, imageId: string): Promise<Inventory> =>
    readInventory(await sources.ledger.jobs(of), imageId, sources.readEvidence);
  const findingsOf = async (of: string, imageId: string | undefined) =>
    readFindings(await sources.ledger.jobs(of), imageId, sources.readEvidence);
  const readBoth = async (): Promise<FindingsOfBoth> => {
    const now = await findingsOf(promotionId, qatImageId);
    const before = now && live && (await findingsOf(live.promotionId, live.images.prod));
    return {
      now: now?.findings,
      before: before?.findings,
      scanners: { now: now?.scanner, before: before?.scanner },
    };
  };
  // Packages and vulnerabilities are both judged by them: they are read once.
  let read: Promise<FindingsOfBoth> | undefined;
  const findings = (): Promise<FindingsOfBoth> => {
    read ??= readBoth();
    return read;
  };
  const comparedPackages = async (): Promise<ReviewedPackages | undefined> => {
    const liveImage = live?.images.prod;
    if (live === undefined || liveImage === undefined || goBack) return undefined;
    const images = {
      before: await packagesOf(live.promotionId, liveImage),
      now: await packagesOf(promotionId, qatImageId),
    };
    const unknown = { before: undefined, now: undefined };
    return reviewPackages(images, await orGap('Which updates are security updates', unknown, findings));
  };

  /** How the Prod image that people are asked about differs from the QAT image that they approved. */
  const comparedProdImage = async (): Promise<ReviewedPackages | undefined> => {
    if (prodImage === undefined) return undefined;
    const images = {
      before: await packagesOf(promotionId, qatImageId),
      now: await packagesOf(promotionId, prodImage.imageId),
    };
    const unknown = { before: undefined, now: undefined };
    const both = async (): Promise<FindingsOfBoth> => ({
      before: (await findingsOf(promotionId, qatImageId))?.findings,
      now: (await findingsOf(promotionId, prodImage.imageId))?.findings,
    });
    return reviewPackages(
      images,
      await orGap('Which updates of the Prod image are security updates', unknown, both),
      MOST_IMAGE_CHANGES,
    );
  };

  const comparedVulnerabilities = async () =>
    goBack
      ? undefined
      : scannedVulnerabilities(buildOf(await sources.ledger.jobs(promotionId), qatImageId), findings);

  const prodImagePackages = await orGap('How the Prod image differs', undefined, comparedProdImage);
  const [records, differences, qat, prod, packages, vulnerabilities, tests, { hooks, warnings }] =
    await Promise.all([
      // A rule depends on who made the change: without all of its commits nobody is asked.
      undoes
        ? orGap('The commits that are undone', [], () => readChange(sources, head, base))
        : readChange(sources, head, base),
      orGap('The changed files', undefined, () =>
        sources.differences(live?.commitId, commitId, MOST_DIFFERENCES),
      ),
      orGap('The QAT image', undefined, () => imageContents(madeIn, qatImageId)),
      orGap('The image in Prod', undefined, async () =>
        live === undefined ? undefined : imageContents(live.promotionId, live.images.prod),
      ),
      orGap('The changed packages', undefined, comparedPackages),
      orGap('The known vulnerabilities', undefined, comparedVulnerabilities),
      orGap('The report of the QAT deployment', [], async () =>
        (await sources.targets(qatDeploymentId)).map(reportOf),
      ),
      orGap('The hooks that QAT does not run', { hooks: [], warnings: [] }, () =>
        appSpecIn(sources, madeIn, qatDeploymentId),
      ),
    ]);
  const changedPaths =
    differences === undefined || differences.length >= MOST_DIFFERENCES
      ? undefined
      : new Set(differences.map((file) => file.path));
  const untriedHooks = await orGap('Whether hooks that QAT does not run changed', [], async () =>
    // A build may change or move any file.
    built === undefined
      ? changedHooks(hooks, changedPaths)
      : changedHooks(hooks, undefined, 'a build made the files, which are not compared with those in Prod'),
  );

  const ids = records.slice(0, MOST_COMMITS).map((record) => record.commitId);
  const shown = ids.length > 0 ? await sources.commits(ids) : [];
  const commits = [...shown]
    .sort((a, b) => ids.indexOf(a.commitId ?? '') - ids.indexOf(b.commitId ?? ''))
    .map(
      (commit): ChangedCommit => ({
        commitId: commit.commitId ?? '',
        author: cutText(asText(commit.author?.name), 200),
        authorEmail: cutText(asText(commit.author?.email), 320),
        committer: cutText(asText(commit.committer?.name), 200),
        committerEmail: cutText(asText(commit.committer?.email), 320),
        message: cutText(asText(commit.message), LONGEST_MESSAGE),
      }),
    );
  const files = (differences ?? []).map(({ path, change }) => ({
    path: cutText(path, LONGEST_PATH),
    change,
  }));
  const count = (change: ChangedFile['change']): number =>
    files.filter((file) => file.change === change).length;
  const makers = goBack
    ? [askerOf(goBack.askedBy, commitId)]
    : makersOf(records, [
        { commitId, pushedBy },
        ...(await pushesOf(sources.ledger, { promotionId, application }, live, records, recorded)),
      ]);
  const changed = new Set(records.map((record) => record.commitId));
  const bad = goBack ? [] : containedBad(await sources.ledger.marks(application), changed);
  return fitted({
    configurationVersion: sources.configurationVersion,
    ...(runs === undefined ? {} : { live: { promotionId: runs.promotionId, commitId: runs.commitId } }),
    ...(undoes && { goBack: undoes }),
    ...(bad.length > 0 && { bad }),
    commits,
    commitCount: records.length,
    ...makersBy(sources, makers),
    ...(recorded.own && { push: recorded.own }),
    files: files.slice(0, MOST_FILES),
    fileCount: { added: count('added'), changed: count('changed'), removed: count('removed') },
    images: { ...(qat === undefined ? {} : { qat }), ...(prod === undefined ? {} : { prod }) },
    ...(packages && { packages }),
    ...(prodImagePackages && { prodImagePackages }),
    ...(vulnerabilities && { vulnerabilities }),
    tests: [...tests].sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1)),
    ...(untriedHooks.length > 0 && { untriedHooks }),
    ...(warnings.length > 0 && { appSpecWarnings: warnings }),
    ...(promotion?.secretScan && { secretScan: promotion.secretScan }),
    ...(sources.qatUrl === undefined ? {} : { qatUrl: sources.qatUrl }),
    gaps,
  });
}
