import type { Host, Service } from '../../host.ts';
import { createLifetime } from '../../instances/lifetime.ts';
import { createEngine } from './deployment-engine.ts';
import { deploymentOperations } from './deployment-operations.ts';
import { groupOperations } from './group-operations.ts';
import { applicationProvider, deploymentConfigProvider, deploymentGroupProvider } from './providers.ts';
import { codeDeployTables } from './records.ts';

/**
 * CodeDeploy for instances, and its agent on each: revisions are really unpacked, installed and started by their own
 * scripts; blue/green really moves the load balancer's traffic. Its calls to other services are made under the
 * deployment group's service role, the agent's under the instance's.
 */
export const createCodeDeployService = (host: Host): Service => {
  const tables = codeDeployTables(host);
  const lifetime = createLifetime(host.clock, (error) =>
    host.log('codedeploy', 'Work failed', { error: String(error) }),
  );
  const engine = createEngine(host, tables, lifetime);

  return {
    name: 'codedeploy',
    operations: {
      ...groupOperations(host, tables),
      ...deploymentOperations(host, tables, engine),
    },
    resources: {
      'AWS::CodeDeploy::Application': applicationProvider(host, tables),
      'AWS::CodeDeploy::DeploymentConfig': deploymentConfigProvider(host, tables),
      'AWS::CodeDeploy::DeploymentGroup': deploymentGroupProvider(host, tables),
    },
    onServiceEvent: engine.onServiceEvent,
    start: engine.resume,
    stop: lifetime.end,
  };
};
