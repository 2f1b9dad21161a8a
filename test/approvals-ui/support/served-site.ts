import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import type { Host, Operation, Service } from '@lockstep/aws-emulator';
import { handle, type LambdaEvent } from 'hono/aws-lambda';
import type { SiteDependencies } from '../../../approvals-ui/dependencies.ts';
import { createCognitoPeople } from '../../../approvals-ui/sign-in/cognito-people.ts';
import type { CompanyProvider } from '../../../approvals-ui/sign-in/company-account.ts';
import { createOpenIdIdentity } from '../../../approvals-ui/sign-in/identity.ts';
import { createApiGatewayService } from '../../../infra/local/aws/services/apigateway/apigateway.ts';
import {
  createResource,
  startUserPool,
} from '../../../infra/local/aws/test/services/cognito-idp/user-pool.ts';
import { people } from '../../../infra/local/run/people.ts';
import { signInLook } from '../../../infra/local/run/sign-in-look.ts';
import { offline } from '../../tasks/doubles/sdk.ts';
import { createScene } from './scene.ts';

const administrator = { kind: 'administrator' } as const;
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:site';

/** A real SDK client that asks the emulated user pool. */
const clientOf = (host: Host) => {
  const client = new CognitoIdentityProviderClient(offline);
  client.send = async (command: { readonly input: object }) =>
    host.call(administrator, 'cognito-idp', command.constructor.name.replace(/Command$/, ''), command.input);
  return client;
};

/** The site behind the emulated HTTP API, with the emulated user pool to sign in at. @param providers the company's */
export const serveSite = async (
  overrides: Partial<SiteDependencies> = {},
  providers: readonly CompanyProvider[] = [],
) => {
  const pool = await startUserPool({ people, signInLook });
  const siteUrl = `http://127.0.0.1:${pool.host.ports.approvals}`;
  const { findPerson, ...accounts } = createCognitoPeople(pool.poolId, providers, clientOf(pool.host));
  const scene = createScene({
    siteUrl,
    findPerson,
    overrides: {
      ...overrides,
      identity: createOpenIdIdentity(pool.issuer, pool.clientId),
      ...accounts,
    },
  });
  const answer = handle(scene.site);
  const invoke: Operation<{ Payload: Uint8Array }> = {
    requires: () => ({ action: 'lambda:InvokeFunction', resource: FUNCTION_ARN }),
    run: async ({ Payload }) => {
      // Time passes with each request, as slowly as a busy browser sends them: nothing is throttled.
      scene.advance(50);
      const event = JSON.parse(Buffer.from(Payload).toString('utf8')) as LambdaEvent;
      return { Payload: Buffer.from(JSON.stringify(await answer(event))) };
    },
  };
  const lambda: Service = {
    name: 'lambda',
    operations: { Invoke: invoke },
    resources: {},
    resourcePolicy: () => ({
      Statement: {
        Effect: 'Allow',
        Principal: { Service: 'apigateway.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Resource: FUNCTION_ARN,
      },
    }),
  };
  const gateway = createApiGatewayService(pool.host);
  pool.host.register(lambda);
  pool.host.register(gateway);
  const { physicalId: ApiId } = await createResource(gateway, 'AWS::ApiGatewayV2::Api', 'Api', {
    Name: 'site',
    ProtocolType: 'HTTP',
  });
  const integration = await createResource(gateway, 'AWS::ApiGatewayV2::Integration', 'Integration', {
    ApiId,
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: FUNCTION_ARN,
    PayloadFormatVersion: '2.0',
  });
  await createResource(gateway, 'AWS::ApiGatewayV2::Route', 'Route', {
    ApiId,
    RouteKey: '$default',
    Target: `integrations/${integration.physicalId}`,
  });
  await createResource(gateway, 'AWS::ApiGatewayV2::Stage', 'Stage', {
    ApiId,
    StageName: '$default',
    AutoDeploy: true,
  });
  await gateway.start?.();
  return {
    ...scene,
    siteUrl,
    pool,
    stop: pool.stop,
    /** Takes somebody out of a group, as an administrator does in the user pool. */
    removeFromGroup: (Username: string, GroupName: string) =>
      pool.host.call(administrator, 'cognito-idp', 'AdminRemoveUserFromGroup', {
        UserPoolId: pool.poolId,
        Username,
        GroupName,
      }),
  };
};
