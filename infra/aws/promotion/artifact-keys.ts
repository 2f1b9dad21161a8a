import { CustomResource, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { createProvider } from '../custom-resource-provider.ts';
import { LockstepFunction } from '../lockstep-function.ts';
import { artifactKeyAlias } from '../names.ts';
import type { ArtifactStack } from './artifact-stack.ts';

/** Looks up the keys of an application's revisions in other regions: no reference of CloudFormation reaches there (D-058). */
export class ArtifactKeys extends Construct {
  private readonly serviceToken: string;
  private readonly finder: LockstepFunction<'artifact-key'>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: { readonly application: string; readonly bundles: string },
  ) {
    super(scope, id);
    this.finder = new LockstepFunction(this, 'Finder', {
      name: 'artifact-key',
      bundles: props.bundles,
      description: 'Finds the key of revisions in another region',
      environment: {},
    });
    this.serviceToken = createProvider(this, 'Provider', {
      onEventHandler: this.finder.function,
    }).serviceToken;
  }

  /** ARN of the key in that stack. */
  arnIn(stack: ArtifactStack): string {
    const keys = Stack.of(this).formatArn({
      service: 'kms',
      region: stack.region,
      resource: 'key',
      resourceName: '*',
    });
    this.finder.allowWithWildcard(
      ['kms:DescribeKey'],
      [keys],
      "The key's id is what is asked for; the condition lets in the one with this alias.",
      { StringEquals: { 'kms:RequestAlias': artifactKeyAlias(this.props.application) } },
    );
    return new CustomResource(this, stack.region, {
      resourceType: 'Custom::LockstepArtifactKey',
      serviceToken: this.serviceToken,
      properties: { AliasArn: stack.keyAliasArn, Region: stack.region },
    }).getAttString('KeyArn');
  }
}
