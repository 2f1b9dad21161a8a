import type { CdkCustomResourceEvent, CdkCustomResourceResponse } from 'aws-lambda';

/** The key's alias has no key, or a property is missing. */
class ArtifactKeyError extends Error {
  override readonly name = 'ArtifactKey';
}

/** Finds the ARN of a key by its alias's ARN, in a region of this account. */
export type FindKey = (region: string, aliasArn: string) => Promise<string | undefined>;

function property(event: Pick<CdkCustomResourceEvent, 'ResourceProperties'>, name: string): string {
  const value: unknown = event.ResourceProperties[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new ArtifactKeyError(
    `The property ${name} is ${JSON.stringify(value)}; give it a text that is not empty.`,
  );
}

/**
 * The ARN of a key in another region, which no reference of CloudFormation returns. CodePipeline takes no alias where another
 * account is involved. Changes nothing.
 * @throws ArtifactKeyError
 */
export function artifactKey(find: FindKey) {
  return async function artifactKey(
    event: Pick<CdkCustomResourceEvent, 'RequestType' | 'ResourceProperties'>,
  ): Promise<CdkCustomResourceResponse> {
    const aliasArn = property(event, 'AliasArn');
    if (event.RequestType === 'Delete') return { PhysicalResourceId: aliasArn };
    const region = property(event, 'Region');
    const keyArn = await find(region, aliasArn);
    if (keyArn === undefined)
      throw new ArtifactKeyError(
        `${aliasArn} names no key: deploy the stack that makes it in ${region} first.`,
      );
    return { PhysicalResourceId: aliasArn, Data: { KeyArn: keyArn } };
  };
}
