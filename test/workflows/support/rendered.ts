import { App, Duration, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, QueryLanguage, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { type PromotionParts, promotionDefinition } from '../../../workflows/promotion.ts';

/** A state as the definition has it. */
export interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Arguments?: { readonly FunctionName: string; readonly Payload: Record<string, unknown> };
  readonly Assign?: Record<string, unknown>;
  readonly Output?: unknown;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly {
    Condition: string;
    Next: string;
    Output: unknown;
    Assign?: Record<string, unknown>;
  }[];
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly {
    ErrorEquals: string[];
    IntervalSeconds: number;
    MaxAttempts: number;
    BackoffRate: number;
    MaxDelaySeconds?: number;
  }[];
  readonly Catch?: unknown;
  readonly Error?: string;
  readonly Cause?: string;
  readonly QueryLanguage?: string;
}

/** The definition with these parts, as the state machine resource gets it. */
export const renderDefinition = (change: Partial<PromotionParts> = {}) => {
  const app = new App();
  const stack = new Stack(app, 'Stack', { env: { account: '000000000000', region: 'us-east-1' } });
  const lambda = (name: string) =>
    LambdaFunction.fromFunctionArn(stack, name, `arn:aws:lambda:us-east-1:000000000000:function:${name}`);
  const environment = (name: string) => ({
    imagePipelineArn: `arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/${name}`,
    imageParameterName: `/lockstep/orders/${name}/image`,
    pipelineName: `lockstep-orders-${name}`,
  });
  new StateMachine(stack, 'Machine', {
    queryLanguage: QueryLanguage.JSONATA,
    definitionBody: DefinitionBody.fromChainable(
      promotionDefinition(stack, {
        functions: {
          acquireLock: lambda('acquire-lock'),
          checkRelease: lambda('check-release'),
          startJob: lambda('start-job'),
          pointAtImage: lambda('point-at-image'),
          requestApproval: lambda('request-approval'),
          confirmApprovers: lambda('confirm-approvers'),
          verifyProd: lambda('verify-prod'),
          ...(change.secretScan && { scanCommit: lambda('scan-commit') }),
        },
        environments: { qat: environment('qat'), prod: environment('prod') },
        qatAutoScalingGroupName: 'orders-qat',
        sourceAction: 'Source',
        approvalExpiry: Duration.days(7),
        soak: Duration.minutes(5),
        ...change,
      }),
    ),
  });
  const { Resources } = app.synth().getStackByName('Stack').template;
  const machine = Object.values(Resources as Record<string, { Type: string; Properties: unknown }>).find(
    ({ Type }) => Type === 'AWS::StepFunctions::StateMachine',
  );
  const { DefinitionString } = (machine?.Properties ?? {}) as { DefinitionString?: unknown };
  const joined =
    typeof DefinitionString === 'string'
      ? DefinitionString
      : (DefinitionString as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1]
          .map((part) => (typeof part === 'string' ? part : 'aws'))
          .join('');
  return JSON.parse(joined) as {
    StartAt: string;
    QueryLanguage: string;
    States: Record<string, State>;
  };
};
