import { Duration } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, Port } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';

export interface LoadBalancerProps {
  readonly vpc: IVpc;
  /** Of the instances that it sends traffic to. */
  readonly instances: ISecurityGroup;
  readonly port: number;
  readonly healthCheckPath: string;
}

/** Prod's entrance. CodeDeploy registers and deregisters the instances. */
export class LoadBalancer extends Construct {
  readonly targetGroup: ApplicationTargetGroup;
  readonly listener: ApplicationListener;
  readonly url: string;

  constructor(scope: Construct, id: string, { vpc, instances, port, healthCheckPath }: LoadBalancerProps) {
    super(scope, id);
    const balancer = new ApplicationLoadBalancer(this, 'Balancer', {
      vpc,
      internetFacing: true,
      dropInvalidHeaderFields: true,
    });
    balancer.connections.allowTo(instances, Port.tcp(port), 'Requests and health checks');
    this.targetGroup = new ApplicationTargetGroup(this, 'Targets', {
      vpc,
      port,
      protocol: ApplicationProtocol.HTTP,
      targetType: TargetType.INSTANCE,
      healthCheck: {
        path: healthCheckPath,
        healthyHttpCodes: '200',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
      // Well below the hour that CodeDeploy's BlockTraffic hook may take.
      deregistrationDelay: Duration.seconds(30),
    });
    this.listener = new ApplicationListener(this, 'Listener', {
      loadBalancer: balancer,
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      open: true,
      defaultTargetGroups: [this.targetGroup],
    });
    this.url = `http://${balancer.loadBalancerDnsName}`;
  }
}
