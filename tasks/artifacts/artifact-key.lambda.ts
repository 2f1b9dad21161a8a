import { logged } from '../log.ts';
import { artifactKey } from './artifact-key.ts';
import { createFindKey } from './kms-keys.ts';

export const handler = logged(artifactKey(createFindKey()));
