import { setTimeout as pause } from 'node:timers/promises';
import { SSMClient } from '@aws-sdk/client-ssm';
import { openLedger } from '../ledger/open-ledger.ts';
import { logged } from '../log.ts';
import type { Environment, PointAtImageRequest } from '../payloads.ts';
import { reach } from '../reach.ts';
import { readEnv } from '../read-env.ts';
import { ensureTurn, onItsTurn } from '../turns/ensure-turn.ts';
import { pointAtImage } from './point-at-image.ts';
import { createSsmImageParameters } from './ssm-image-parameters.ts';

const env = readEnv('LEDGER_TABLE');
const ledger = openLedger(env.LEDGER_TABLE);

const pointIn = (environment: Environment) =>
  pointAtImage({
    parameters: createSsmImageParameters(new SSMClient(reach(environment))),
    ledger,
    wait: (milliseconds) => pause(milliseconds),
  });
const point = { qat: pointIn('qat'), prod: pointIn('prod') };

export const handler = logged(
  onItsTurn(ensureTurn({ ledger, now: () => new Date() }), (request: PointAtImageRequest) =>
    point[request.environment](request),
  ),
);
