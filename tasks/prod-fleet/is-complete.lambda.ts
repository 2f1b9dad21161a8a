import { logged } from '../log.ts';
import { createAutoScalingGroups } from './auto-scaling-groups.ts';
import { isComplete } from './custom-resource.ts';
import { createDeploymentGroups } from './deployment-groups.ts';

export const handler = logged(
  isComplete({
    groups: createAutoScalingGroups(),
    deploymentGroups: createDeploymentGroups(),
  }),
);
