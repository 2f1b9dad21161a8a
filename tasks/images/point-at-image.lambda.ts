import { setTimeout as pause } from 'node:timers/promises';
import { SSMClient } from '@aws-sdk/client-ssm';
import { environmentAccess } from '../environment-access.ts';
import { ensureLock, withLock } from '../environment-locks/ensure-lock.ts';
import { readObject } from '../evidence/s3-archive.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { logged } from '../log.ts';
import type { Environment, PointAtImageRequest } from '../payloads.ts';
import { ProvenanceInvalidError } from '../provenance/check-provenance.ts';
import { createProvenanceProblem } from '../provenance/check-provenance-in-aws.ts';
import { readEnv } from '../read-env.ts';
import { pointAtImage } from './point-at-image.ts';
import { createSsmImageParameters } from './ssm-image-parameters.ts';

const env = readEnv('point-at-image');
const ledger = openLedger(env.LEDGER_TABLE);

const pointIn = (environment: Environment) =>
  pointAtImage({
    parameters: createSsmImageParameters(new SSMClient(environmentAccess(environment))),
    ledger,
    wait: (milliseconds) => pause(milliseconds),
  });
const point = { qat: pointIn('qat'), prod: pointIn('prod') };

const problemOf = createProvenanceProblem(ledger, env);

export const handler = logged(
  withLock(
    ensureLock({ ledger, now: () => new Date(), readEvidence: readObject(env.EVIDENCE_BUCKET) }),
    async (request: PointAtImageRequest) => {
      // Instances start from it from now on.
      const problem = await problemOf(request.promotionId, request.imageId);
      if (problem !== undefined) throw new ProvenanceInvalidError(problem);
      return point[request.environment](request);
    },
  ),
);
