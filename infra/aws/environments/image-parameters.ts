import { CfnParameter, CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Environment } from '../../../tasks/payloads.ts';
import { createProvider } from '../custom-resource-provider.ts';
import { publicImageParameter } from '../image/image-recipe.ts';
import { LockstepFunction } from '../lockstep-function.ts';
import { imageParameterArn, imageParameterName } from '../names.ts';

interface ImageParametersProps {
  readonly application: string;
  readonly bundles: string;
  readonly instanceType: string;
  /** Environments that are here. */
  readonly environments: readonly Environment[];
}

/**
 * The SSM parameters that the launch templates resolve. A base image goes in when they are made; from then on they belong to
 * the promotions. CloudFormation's own parameter type would put a base image back whenever its value changes, and a
 * public image's id changes with each release; hence a custom resource that leaves an existing value alone (D-007).
 */
export class ImageParameters extends Construct {
  private readonly parameters: Readonly<Partial<Record<Environment, CustomResource>>>;

  constructor(scope: Construct, id: string, props: ImageParametersProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const { application, bundles, instanceType, environments } = props;
    const baseImage = new CfnParameter(this, 'BaseImage', {
      type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
      default: publicImageParameter(instanceType),
      description: 'Image of instances that start before the first promotion',
    });
    const creator = new LockstepFunction(this, 'Creator', {
      name: 'image-parameter',
      bundles,
      description: 'Creates the parameters that launch templates resolve',
      environment: {},
      timeout: Duration.minutes(2),
    });
    creator
      .allow(
        ['ssm:PutParameter', 'ssm:GetParameter', 'ssm:DeleteParameter'],
        environments.map((environment) => imageParameterArn(stack, application, environment)),
      )
      .allowWithoutResource('ec2:DescribeImages');
    const { serviceToken } = createProvider(this, 'Provider', { onEventHandler: creator.function });
    const parameter = (environment: Environment) =>
      new CustomResource(this, environment === 'qat' ? 'Qat' : 'Prod', {
        resourceType: 'Custom::LockstepImageParameter',
        serviceToken,
        properties: {
          ParameterName: imageParameterName(application, environment),
          InitialImageId: baseImage.valueAsString,
        },
      });
    this.parameters = Object.fromEntries(
      environments.map((environment) => [environment, parameter(environment)]),
    );
  }

  /** Makes a construct that starts instances wait until the parameter exists. */
  mustPrecede(environment: Environment, dependent: Construct): void {
    const parameter = this.parameters[environment];
    if (parameter) dependent.node.addDependency(parameter);
  }
}
