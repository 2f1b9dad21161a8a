import { createAutoScalingGroups } from './auto-scaling-groups.ts';
import { onEvent } from './custom-resource.ts';
import { createDeploymentGroups } from './deployment-groups.ts';

export const handler = onEvent({
  groups: createAutoScalingGroups(),
  deploymentGroups: createDeploymentGroups(),
});
