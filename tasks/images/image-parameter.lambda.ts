import { setTimeout as pause } from 'node:timers/promises';
import { logged } from '../log.ts';
import { imageParameter } from './image-parameter.ts';
import { createSsmImageParameters } from './ssm-image-parameters.ts';

export const handler = logged(imageParameter(createSsmImageParameters(), (ms) => pause(ms)));
