import { ARecord, HostedZone, type IAliasRecordTarget, RecordTarget } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { WebsiteConfig } from '../config.ts';

/** Makes the record of a website's domain name in the Route 53 zone that holds it. */
export function pointDomainAt(
  scope: Construct,
  { domainName }: WebsiteConfig,
  { id, name }: NonNullable<WebsiteConfig['hostedZone']>,
  target: IAliasRecordTarget,
): void {
  new ARecord(scope, 'DomainRecord', {
    zone: HostedZone.fromHostedZoneAttributes(scope, 'Zone', { hostedZoneId: id, zoneName: name }),
    // With a dot at its end, CDK takes it for complete.
    recordName: `${domainName}.`,
    target: RecordTarget.fromAlias(target),
  });
}
