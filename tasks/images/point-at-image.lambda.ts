import { setTimeout as pause } from 'node:timers/promises';
import { openLedger } from '../ledger/open-ledger.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { pointAtImage } from './point-at-image.ts';
import { createSsmImageParameters } from './ssm-image-parameters.ts';

const env = readEnv('LEDGER_TABLE');

export const handler = logged(
  pointAtImage({
    parameters: createSsmImageParameters(),
    ledger: openLedger(env.LEDGER_TABLE),
    wait: (milliseconds) => pause(milliseconds),
  }),
);
