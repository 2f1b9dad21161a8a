import { onEvent } from './custom-resource.ts';

export const handler = onEvent;
