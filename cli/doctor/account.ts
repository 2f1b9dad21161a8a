import { DescribeRegionsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { GetParameterCommand, ParameterNotFound } from '@aws-sdk/client-ssm';
import { type Finding, fault } from './finding.ts';
import { type DeployedStack, type Place, placeName } from './place.ts';

/** Whether a region of an account can be used, as EC2 says: `opt-in-not-required`, `opted-in` or `not-opted-in`. */
export const regionFindings = (
  { account, region }: Pick<Place, 'account' | 'region'>,
  optInStatus: string | undefined,
): readonly Finding[] =>
  optInStatus === 'opt-in-not-required' || optInStatus === 'opted-in'
    ? []
    : [
        fault(
          `The region ${region} is not enabled in ${account}`,
          optInStatus ?? 'AWS knows no such region',
          optInStatus === undefined
            ? 'Correct the region in the configuration, or AWS_REGION.'
            : `aws account enable-region --region-name ${region}, with credentials of ${account}; it takes minutes to hours.`,
        ),
      ];

/**
 * Asks, in another region that is enabled, about a region. The API takes names of disabled regions with `AllRegions` only.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
 */
export async function readOptInStatus(client: EC2Client, region: string): Promise<string | undefined> {
  const { Regions = [] } = await client.send(new DescribeRegionsCommand({ AllRegions: true }));
  return Regions.find(({ RegionName }) => RegionName === region)?.OptInStatus;
}

/** Whether CDK's bootstrap stack is there and new enough. @param found its version, undefined if it is not there */
export const bootstrapFindings = (
  place: Pick<Place, 'account' | 'region' | 'stacks'>,
  found: number | undefined,
): readonly Finding[] => {
  const needed = Math.max(0, ...place.stacks.map(({ bootstrapVersion }) => bootstrapVersion));
  return found !== undefined && found >= needed
    ? []
    : [
        fault(
          `${placeName(place)} is not prepared for CDK`,
          found === undefined
            ? 'no bootstrap stack'
            : `bootstrap version ${found}, the templates need ${needed}`,
          `npx cdk bootstrap aws://${placeName(place)}`,
        ),
      ];
};

/** Looks at the bootstrap stack's version. */
export const checkBootstrap = async (place: Place): Promise<readonly Finding[]> => {
  const [name] = place.stacks.map(({ bootstrapParameter }) => bootstrapParameter);
  try {
    const { Parameter } = await place.clients.ssm.send(new GetParameterCommand({ Name: name }));
    return bootstrapFindings(place, Number(Parameter?.Value));
  } catch (error) {
    if (error instanceof ParameterNotFound) return bootstrapFindings(place, undefined);
    throw error;
  }
};

/** States of a stack in which CloudFormation does not update it, and what leads out of them. */
const stuck: Readonly<Record<string, string>> = {
  CREATE_FAILED: 'delete the stack, then deploy again',
  ROLLBACK_COMPLETE: 'delete the stack, then deploy again',
  ROLLBACK_FAILED: 'delete the stack, then deploy again',
  UPDATE_ROLLBACK_FAILED: 'continue its rollback: aws cloudformation continue-update-rollback --stack-name',
  DELETE_FAILED: 'see in its events what could not be deleted, and delete it again',
};

/** Stacks that cannot be deployed to. */
export const stackFindings = ({ deployed }: { deployed: readonly DeployedStack[] }): readonly Finding[] =>
  deployed.flatMap(({ name, status }) => {
    const remedy = stuck[status];
    return remedy === undefined
      ? []
      : [
          fault(
            `The stack ${name} cannot be updated`,
            status,
            `${name}: ${remedy}${remedy.endsWith('--stack-name') ? ` ${name}` : ''}.`,
          ),
        ];
  });
