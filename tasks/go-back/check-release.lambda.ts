import { EC2Client } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { environmentAccess } from '../environment-access.ts';
import { readObject } from '../evidence/s3-archive.ts';
import { createImages } from '../images/ec2-image.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { checkRelease } from './check-release.ts';
import { builtReader, revisionReader } from './release-parts.ts';

const env = readEnv('check-release');

export const handler = logged(
  checkRelease({
    ledger: openLedger(env.LEDGER_TABLE),
    readEvidence: readObject(env.EVIDENCE_BUCKET),
    image: createImages(new EC2Client(environmentAccess('prod'))),
    readRevision: revisionReader(env),
    ...(env.DEPLOYS === 'built' && { readBuilt: builtReader(new S3Client({})) }),
  }),
);
