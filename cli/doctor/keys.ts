import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { type Finding, fault } from './finding.ts';
import { deployedAs, type Place } from './place.ts';

/** What KMS says of a key that Lockstep uses. */
export interface KeyFacts {
  readonly id: string;
  readonly description: string;
  readonly state: string;
  readonly region: string;
}

/** A key that encrypts or signs nothing, though what it protects is still there. */
export const keyFindings = ({ id, description, state, region }: KeyFacts): readonly Finding[] => {
  if (state === 'Enabled') return [];
  const enable = `aws kms enable-key --key-id ${id} --region ${region}`;
  return [
    fault(
      `A key cannot be used: ${description}`,
      `${id}: ${state}`,
      state === 'PendingDeletion'
        ? `aws kms cancel-key-deletion --key-id ${id} --region ${region} && ${enable}. What it encrypts is lost once it is deleted.`
        : enable,
    ),
  ];
};

/** Looks at the keys of the stacks. */
export const checkKeys = async (place: Place): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const { physicalId } of deployedAs(place, 'AWS::KMS::Key')) {
    const { KeyMetadata } = await place.clients.kms.send(new DescribeKeyCommand({ KeyId: physicalId }));
    findings.push(
      ...keyFindings({
        id: physicalId,
        description: KeyMetadata?.Description ?? '',
        state: KeyMetadata?.KeyState ?? 'unknown',
        region: place.region,
      }),
    );
  }
  return findings;
};
