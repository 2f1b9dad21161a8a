import { S3Client } from '@aws-sdk/client-s3';
import { clientOf } from '../../cli/system.ts';
import { createWebPerson } from '../../infra/local/run/web-person.ts';
import { createS3Archive } from '../../tasks/evidence/s3-archive.ts';
import {
  addEarlierPromotions,
  aLargeApproval,
  PACKAGES,
  PROMOTIONS,
} from '../approvals-ui/support/large-approval.ts';
import { type Scenario, startScenario } from '../scenarios/support/scenario.ts';
import { manyPackages } from '../tasks/image-inventory/sample-inventory.ts';
import { addRelease, keepImages, makeLive } from '../tasks/lineage/live-images.ts';
import { aFinding } from '../tasks/vulnerabilities/sample-findings.ts';

const APPLICATION = 'orders';
/** Releases that Prod can go back to: as many as are looked at. */
const RELEASES = 10;
const ROUNDS = 15;

const findings = Array.from({ length: 400 }, (_, index) => aFinding(`CVE-2026-${10_000 + index}`));

/** Fills ledger and evidence bucket past the state machine. @param promotionId waits for QC */
const fill = async ({ run, stateDir, system }: Scenario, promotionId: string): Promise<void> => {
  const { stacks, host } = run;
  const { EvidenceBucketName } = stacks.stackOutputs(
    stacks.stackNames().find((name) => 'EvidenceBucketName' in stacks.stackOutputs(name)) ?? '',
  );
  const port = Number(new URL(host.endpointUrl).port);
  const archive = createS3Archive(
    String(EvidenceBucketName),
    new S3Client(clientOf({ port, stateDirectory: stateDir })),
  );
  const documents = new Map<string, string>();
  const { ledger } = system;
  await addEarlierPromotions(ledger, { application: APPLICATION });
  const packages = manyPackages(PACKAGES);
  const content = { qat: { packages, findings }, prod: { packages, findings } };
  for (let number = 0; number <= RELEASES; number++) {
    const release = await addRelease(
      ledger,
      documents,
      {
        application: APPLICATION,
        promotionId: `release-${number}`,
        startedAt: new Date(Date.UTC(2026, 10, 1) + number * 86_400_000).toISOString(),
        images: { qat: `ami-0q${number}`, prod: `ami-0p${number}` },
        deployments: { qat: `d-Q${number}`, prod: `d-P${number}` },
      },
      content,
    );
    await makeLive(ledger, release);
  }
  await keepImages(
    ledger,
    APPLICATION,
    Array.from({ length: RELEASES }, (_, number) => `ami-0p${number}`),
  );
  for (const [objectKey, text] of documents) await archive.keep(objectKey, text);
  await ledger.addApproval(
    aLargeApproval({
      approvalId: 'large',
      application: APPLICATION,
      promotionId,
      attempt: 2,
      expiresAt: new Date(run.clock.now() + 86_400_000).toISOString(),
    }),
  );
};

/**
 * How long answers of the site take over HTTP, in ms, its function, the ledger and the evidence bucket included: about packages,
 * vulnerabilities and ids, and a request for an approval.
 */
export const measureLineage = async () => {
  const scenario = await startScenario();
  try {
    const promotion = await scenario.startPromotion();
    await promotion.asked('qc');
    await fill(scenario, promotion.id);
    const { siteUrl } = scenario.system;
    const quinn = createWebPerson();
    const signInPage = await quinn.open(`${siteUrl}/`);
    const form = signInPage.document.querySelector('form');
    if (!form) throw new Error('There is no way to sign in.');
    await quinn.submit(signInPage, form, { person: 'quinn' });
    const measure = async (path: string, wanted: string) => {
      const times: number[] = [];
      let bytes = 0;
      for (let count = 0; count <= ROUNDS; count++) {
        const start = performance.now();
        const { status, document } = await quinn.open(`${siteUrl}${path}`);
        const html = document.toString();
        if (status !== 200 || !html.includes(wanted)) throw new Error(`${path} answered ${status}: ${html}`);
        // The first one loads the function.
        if (count > 0) times.push(Math.round(performance.now() - start));
        bytes = Buffer.byteLength(html);
      }
      times.sort((a, b) => a - b);
      return { median: times[times.length >> 1], slowest: times.at(-1), bytes };
    };
    return {
      packages: PACKAGES,
      promotions: PROMOTIONS,
      images: RELEASES + 2,
      package: await measure('/search?q=package-0042', 'Prod of'),
      version: await measure('/search?q=package-0042+9.9.9', 'in none of 2 environments'),
      vulnerability: await measure('/search?q=CVE-2026-10042', 'Prod of'),
      deployment: await measure(`/search?q=d-P${RELEASES}`, 'Prod of'),
      approval: await measure('/approvals/large', 'package-0042'),
    };
  } finally {
    await scenario.stop();
  }
};
