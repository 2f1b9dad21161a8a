import { ImagebuilderClient } from '@aws-sdk/client-imagebuilder';
import { createKmsSigner } from '../evidence/kms-signer.ts';
import { createS3Archive } from '../evidence/s3-archive.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import type { ImageDrift } from './image-drift.ts';
import { createImageContents } from './imagebuilder-contents.ts';
import { inspectImage } from './inspect-image.ts';

const env = readEnv('inspect-image');

export const handler = logged(
  inspectImage({
    contents: createImageContents(new ImagebuilderClient({})),
    ledger: openLedger(env.LEDGER_TABLE),
    archive: createS3Archive(env.EVIDENCE_BUCKET),
    signer: createKmsSigner(env.EVIDENCE_KEY_ARN),
    application: env.APPLICATION,
    drift: env.IMAGE_DRIFT as ImageDrift,
  }),
);
