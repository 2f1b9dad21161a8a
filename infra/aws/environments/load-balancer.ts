import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, Port } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  ListenerAction,
  ListenerCertificate,
  SslPolicy,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import type { WebsiteConfig } from '../../config.ts';
import { pointDomainAt } from '../domain-record.ts';
import { allowLogDelivery } from '../log-bucket.ts';

interface LoadBalancerProps {
  readonly vpc: IVpc;
  /** Of the instances that it sends traffic to. */
  readonly instances: ISecurityGroup;
  readonly port: number;
  readonly healthCheckPath: string;
  /** Domain name and certificate. @default served by HTTP under the load balancer's own name */
  readonly https?: WebsiteConfig;
  /** Where requests are logged. */
  readonly logs: IBucket;
}

/** Prefix of the load balancer's logs in the bucket. */
const LOG_PREFIX = 'load-balancer';

/** Prod's entrance. CodeDeploy registers and deregisters the instances. */
export class LoadBalancer extends Construct {
  readonly targetGroup: ApplicationTargetGroup;
  readonly balancer: ApplicationLoadBalancer;
  readonly url: string;

  constructor(
    scope: Construct,
    id: string,
    { vpc, instances, port, healthCheckPath, https, logs }: LoadBalancerProps,
  ) {
    super(scope, id);
    const balancer = new ApplicationLoadBalancer(this, 'Balancer', {
      vpc,
      internetFacing: true,
      dropInvalidHeaderFields: true,
    });
    this.balancer = balancer;
    logRequests(balancer, logs);
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
    // Keeps its port when HTTPS is switched on or off: two listeners cannot hold one port while the stack is updated (D-023).
    new ApplicationListener(this, 'Listener', {
      loadBalancer: balancer,
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      open: true,
      ...(https
        ? { defaultAction: ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }) }
        : { defaultTargetGroups: [this.targetGroup] }),
    });
    if (https) this.serveHttps(balancer, https);
    this.url = https ? `https://${https.domainName}` : `http://${balancer.loadBalancerDnsName}`;
  }

  /** What must be there before the target group has targets. Who has targets names the target group itself. */
  get entrance(): readonly IConstruct[] {
    return this.node.children.filter((child) => child !== this.targetGroup);
  }

  private serveHttps(balancer: ApplicationLoadBalancer, https: WebsiteConfig): void {
    new ApplicationListener(this, 'HttpsListener', {
      loadBalancer: balancer,
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      sslPolicy: SslPolicy.RECOMMENDED_TLS,
      certificates: [ListenerCertificate.fromArn(https.certificateArn)],
      open: true,
      defaultTargetGroups: [this.targetGroup],
    });
    if (https.hostedZone) pointDomainAt(this, https, https.hostedZone, new LoadBalancerTarget(balancer));
    else
      new CfnOutput(this, 'DomainTarget', {
        value: balancer.loadBalancerDnsName,
        description: `Point the DNS record ${https.domainName} here`,
      });
  }
}

/** CDK's own method needs to know the region, for accounts of Elastic Load Balancing that its service principal has replaced. */
function logRequests(balancer: ApplicationLoadBalancer, logs: IBucket): void {
  const stack = Stack.of(balancer);
  allowLogDelivery(logs, {
    service: 'logdelivery.elasticloadbalancing.amazonaws.com',
    prefix: `${LOG_PREFIX}/AWSLogs/${stack.account}`,
  });
  balancer.setAttribute('access_logs.s3.enabled', 'true');
  balancer.setAttribute('access_logs.s3.bucket', logs.bucketName);
  balancer.setAttribute('access_logs.s3.prefix', LOG_PREFIX);
  // Elastic Load Balancing writes a test file when the attribute is set.
  if (logs.policy) balancer.node.addDependency(logs.policy);
}
