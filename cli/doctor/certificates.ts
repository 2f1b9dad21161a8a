import { DescribeCertificateCommand, ResourceNotFoundException } from '@aws-sdk/client-acm';
import { type Finding, fault } from './finding.ts';
import { certificateArns } from './needs.ts';
import type { Place } from './place.ts';

/** What speaks against a certificate. @param status ACM's; undefined if there is none */
export const certificateFindings = (
  { region }: Pick<Place, 'region'>,
  arn: string,
  status: string | undefined,
): readonly Finding[] => {
  const [, , , itsRegion] = arn.split(':');
  if (itsRegion !== region)
    return [
      fault(
        'A certificate is of another region',
        `${arn} is not of ${region}`,
        `Load balancers and APIs take certificates of their own region: request one in ${region}, give its ARN as certificateArn, and deploy.`,
      ),
    ];
  if (status === 'ISSUED') return [];
  return [
    fault(
      'A certificate is not issued',
      `${arn}: ${status ?? 'there is no such certificate'}`,
      status === 'PENDING_VALIDATION'
        ? `Make the DNS record that validates it: aws acm describe-certificate --certificate-arn ${arn} --region ${region}`
        : 'Request another one in AWS Certificate Manager, give its ARN as certificateArn, and deploy.',
    ),
  ];
};

/** Looks at the certificates that load balancers and APIs serve. */
export const checkCertificates = async (place: Place): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const CertificateArn of certificateArns(place.stacks)) {
    let status: string | undefined;
    // One of another region would only not be found.
    if (CertificateArn.split(':')[3] === place.region)
      try {
        const { Certificate } = await place.clients.acm.send(
          new DescribeCertificateCommand({ CertificateArn }),
        );
        status = Certificate?.Status;
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
      }
    findings.push(...certificateFindings(place, CertificateArn, status));
  }
  return findings;
};
