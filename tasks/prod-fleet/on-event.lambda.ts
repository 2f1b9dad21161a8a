import { logged } from '../log.ts';
import { onEvent } from './custom-resource.ts';

export const handler = logged(onEvent);
