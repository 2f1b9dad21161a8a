import { setTimeout as pause } from 'node:timers/promises';
import { imageParameter } from './image-parameter.ts';
import { createSsmImageParameters } from './ssm-image-parameters.ts';

export const handler = imageParameter(createSsmImageParameters(), (ms) => pause(ms));
