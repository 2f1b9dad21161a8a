import { deploymentGroupName } from '../names.ts';

/** The pattern of the events that a deployment of Prod waits before traffic moves: of READY alone, which new instances do not cause (T28). */
export const deploymentReady = (codeDeployApplication: string) => ({
  detailType: ['CodeDeploy Deployment State-change Notification'],
  detail: {
    application: [codeDeployApplication],
    deploymentGroup: [deploymentGroupName('prod')],
    state: ['READY'],
  },
});
