import { setTimeout as pause } from 'node:timers/promises';
import { openLedger } from '../ledger/open-ledger.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { ensureTurn, onItsTurn } from '../turns/ensure-turn.ts';
import { pointAtImage } from './point-at-image.ts';
import { createSsmImageParameters } from './ssm-image-parameters.ts';

const env = readEnv('LEDGER_TABLE');

const ledger = openLedger(env.LEDGER_TABLE);

export const handler = logged(
  onItsTurn(
    ensureTurn({ ledger, now: () => new Date() }),
    pointAtImage({
      parameters: createSsmImageParameters(),
      ledger,
      wait: (milliseconds) => pause(milliseconds),
    }),
  ),
);
