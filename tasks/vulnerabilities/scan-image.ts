import type { Image } from '@aws-sdk/client-imagebuilder';
import { madeBy } from '../approvals/go-back-review.ts';
import { canonicalJson } from '../canonical-json.ts';
import { imageObjectKey } from '../image-inventory/image-objects.ts';
import { type ReadObject, readRecorded } from '../image-inventory/read-document.ts';
import { buildOf } from '../images/build-of.ts';
import { parsedJson } from '../json.ts';
import type { Job } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { liveBefore } from '../ledger/live-promotion.ts';
import type { InspectImageRequest, ScannedImage } from '../payloads.ts';
import { firstSentences } from '../truncate-text.ts';
import { compareFindings } from './compare-findings.ts';
import {
  type Finding,
  findingsDigest,
  findingText,
  type ImageFindings,
  imageFindings,
  type Scanner,
} from './finding.ts';
import { type GateRule, judgeFindings } from './gate.ts';

/** What scans an application's images: nothing, Amazon Inspector, or a scanner that a component of the team runs. */
export type ImageScan = 'off' | 'inspector' | 'component';

/** What came of a scan: what was found, or why nothing is known. */
export type ScanResult =
  | { readonly found: readonly Finding[]; readonly scanner?: Scanner }
  | { readonly notScanned: string };

/** Reads what came of the scan of an image; undefined while the scan works. */
export type ScanSource = (
  image: Pick<InspectImageRequest, 'imageId' | 'imageBuildVersionArn'> & Pick<Image, 'scanState'>,
) => Promise<ScanResult | undefined>;

/** What scanning needs. */
export interface ScanDependencies {
  /** Undefined where images are not scanned. */
  readonly source: ScanSource | undefined;
  /** What stops an image. */
  readonly gate: readonly GateRule[];
  readonly ledger: Pick<Ledger, 'live' | 'promotion' | 'promotions' | 'jobs' | 'acceptances'>;
  readonly archive: {
    readonly keep: (objectKey: string, text: string) => Promise<void>;
    readonly read: (objectKey: string) => Promise<string | undefined>;
  };
  readonly application: string;
  readonly now: () => Date;
}

/** So many findings are told in words; the evidence has all. */
const MOST_TOLD = 20;

/**
 * Reads the findings of an image that a promotion built.
 * @param jobs of that promotion
 * @returns undefined if none are recorded: the image was not scanned
 * @throws Error if they are recorded, and not there or not as they were recorded
 */
export async function readFindings(
  jobs: readonly Job[],
  imageId: string | undefined,
  read: ReadObject,
): Promise<ImageFindings | undefined> {
  const build = buildOf(jobs, imageId);
  const digest = build?.output?.findings;
  if (build === undefined || imageId === undefined || digest === undefined) return undefined;
  const text = await readRecorded(build, imageId, 'findings.json', digest, 'findings', read);
  return parsedJson(text) as ImageFindings;
}

/**
 * Keeps what a scan has found in an image that was built, and has the gate judge it: a Prod image as well, so that what became known while
 * approvals waited does not get to Prod. Safe to repeat.
 * @returns undefined while the scan works
 * @throws Error if something cannot be read or kept
 */
export function scanImage({ source, gate, ledger, archive, application, now }: ScanDependencies) {
  /** What Prod runs has these; undefined if it runs nothing, or what was not scanned. */
  const findingsOfProd = async (promotionId: string): Promise<readonly Finding[] | undefined> => {
    const live = await madeBy(ledger, await liveBefore(ledger, application, promotionId));
    if (live === undefined) return undefined;
    return (await readFindings(await ledger.jobs(live.promotionId), live.images.prod, archive.read))
      ?.findings;
  };

  return async function scanImage(
    { promotionId, imageId, imageBuildVersionArn }: InspectImageRequest,
    { scanState }: Pick<Image, 'scanState'>,
  ): Promise<ScannedImage | undefined> {
    if (source === undefined) return {};
    const result = await source({ imageId, imageBuildVersionArn, ...(scanState && { scanState }) });
    if (result === undefined) return undefined;
    if ('notScanned' in result) {
      const { notScanned } = result;
      return { notScanned, ...(gate.length > 0 && { stopped: [`${notScanned} No scan is no pass.`] }) };
    }
    const found = imageFindings(imageId, imageBuildVersionArn, result.found, result.scanner);
    const digest = findingsDigest(found);
    await archive.keep(imageObjectKey(application, imageId, digest, 'findings.json'), canonicalJson(found));
    if (gate.length === 0) return { findings: digest };
    const compared = compareFindings(await findingsOfProd(promotionId), found.findings);
    const { failing, accepted } = judgeFindings(compared, gate, await ledger.acceptances(application), now());
    return {
      findings: digest,
      ...(accepted.length > 0 && {
        accepted: canonicalJson(accepted.map(({ application: _, ...one }) => ({ ...one }))),
      }),
      ...(failing.length > 0 && {
        stopped: firstSentences(
          failing.map((one) => `${findingText(one)}.`),
          MOST_TOLD,
        ),
      }),
    };
  };
}
