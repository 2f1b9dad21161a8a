import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';

/** The target group is not known. */
class TargetGroupUnknownError extends Error {
  override readonly name = 'TargetGroupUnknown';
}

/** Reads an SSM parameter by its ARN. */
type ReadParameter = (arn: string) => Promise<string | undefined>;

const isParameter = (arn: string): boolean => /^arn:[^:]+:ssm:/.test(arn);

/**
 * ARN of Prod's target group. AWS generates its end, so that another account cannot know it: a function there gets the ARN of
 * an SSM parameter that holds it instead, and reads that for each promotion.
 * @param arn of the target group, or of the parameter
 * @throws TargetGroupUnknownError if the parameter is not there
 */
export function prodTargetGroup(arn: string, read: ReadParameter): () => Promise<string> {
  return async function prodTargetGroup() {
    if (!isParameter(arn)) return arn;
    const held = await read(arn);
    if (held === undefined || held === '')
      throw new TargetGroupUnknownError(
        `The parameter ${arn} holds no target group. Deploy Prod's stack in its account, then redrive.`,
      );
    return held;
  };
}

/** Parameters of Systems Manager. */
export function createReadParameter(client = new SSMClient({})): ReadParameter {
  return async function createReadParameter(Name) {
    return (await client.send(new GetParameterCommand({ Name }))).Parameter?.Value;
  };
}
