import { ImagebuilderClient } from '@aws-sdk/client-imagebuilder';
import { Inspector2Client } from '@aws-sdk/client-inspector2';
import { createKmsSigner } from '../evidence/kms-signer.ts';
import { createS3Archive } from '../evidence/s3-archive.ts';
import { createCodeBuilds } from '../jobs/codebuild-builds.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { logged } from '../log.ts';
import { objectVersion } from '../provenance/s3-object-version.ts';
import { signBuild } from '../provenance/sign-build.ts';
import { readEnv } from '../read-env.ts';
import { componentScan, createBuildInstances, createReadReport } from '../vulnerabilities/component-scan.ts';
import type { GateRule } from '../vulnerabilities/gate.ts';
import { createImageFindings, inspectorScan } from '../vulnerabilities/imagebuilder-findings.ts';
import { type ImageScan, type ScanSource, scanImage } from '../vulnerabilities/scan-image.ts';
import type { ImageDrift } from './image-drift.ts';
import { createImageContents } from './imagebuilder-contents.ts';
import { inspectBuilt } from './inspect-built.ts';
import { inspectImage } from './inspect-image.ts';

const env = readEnv('inspect-image');
const builder = new ImagebuilderClient({});
const shared = {
  ledger: openLedger(env.LEDGER_TABLE),
  archive: createS3Archive(env.EVIDENCE_BUCKET),
  signer: createKmsSigner(env.EVIDENCE_KEY_ARN),
  application: env.APPLICATION,
};

const sources: Readonly<Record<ImageScan, () => ScanSource | undefined>> = {
  off: () => undefined,
  inspector: () => inspectorScan(createImageFindings(builder, new Inspector2Client({}))),
  component: () => componentScan(createBuildInstances(builder), createReadReport(env.SCAN_BUCKET)),
};

export const handler = logged(
  inspectBuilt(
    inspectImage({
      ...shared,
      contents: createImageContents(builder),
      drift: env.IMAGE_DRIFT as ImageDrift,
      scan: scanImage({
        ...shared,
        source: sources[env.IMAGE_SCAN as ImageScan](),
        gate: JSON.parse(env.IMAGE_GATE) as readonly GateRule[],
        now: () => new Date(),
      }),
    }),
    signBuild({ ...shared, builds: createCodeBuilds(), version: objectVersion() }),
  ),
);
