import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Accepts one finding of the AWS Solutions rules about permissions: `IAM5[…]`, `IAM4[…]`. */
const acknowledge = (construct: IConstruct, finding: string, reason: string): void =>
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${finding}`, reason });

/**
 * Accepts that policies below a construct grant something on resources whose ARN has a star in it; each ARN by itself, so that
 * another one is a finding again.
 */
export function acknowledgeWildcards(
  construct: IConstruct,
  reason: string,
  ...resources: readonly string[]
): void {
  for (const resource of resources)
    acknowledge(construct, `IAM5[Resource::${asText(Stack.of(construct).resolve(resource))}]`, reason);
}

/** Accepts one of AWS's own policies below a construct. */
export const acknowledgeManagedPolicy = (construct: IConstruct, policy: string, reason: string): void =>
  acknowledge(construct, `IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${policy}]`, reason);

/** An ARN with intrinsics in angle brackets, which is how the rules name what they find. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, argument] = []] = Object.entries((value ?? {}) as Record<string, unknown>);
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map(asText).join(separator);
  }
  if (name === 'Ref') return `<${argument}>`;
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  if (name === 'Fn::ImportValue') return asText(argument);
  throw new TypeError(
    `cannot name ${JSON.stringify(value)}, which is no ARN of Ref, Fn::GetAtt, Fn::ImportValue and Fn::Join`,
  );
}
