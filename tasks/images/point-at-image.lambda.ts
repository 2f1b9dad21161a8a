import { setTimeout as pause } from 'node:timers/promises';
import { createDynamoDbLedger } from '../ledger/dynamodb-ledger.ts';
import { readEnv } from '../read-env.ts';
import { pointAtImage } from './point-at-image.ts';
import { createSsmImageParameters } from './ssm-image-parameters.ts';

const env = readEnv('LEDGER_TABLE');

export const handler = pointAtImage({
  parameters: createSsmImageParameters(),
  ledger: createDynamoDbLedger(env.LEDGER_TABLE),
  wait: (milliseconds) => pause(milliseconds),
});
