import http from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { resourceContext } from '../../../assembly/stack-records.ts';
import { AwsError, type Operation, type Service } from '../../../host.ts';
import { createApiGatewayService } from '../../../services/apigateway/apigateway.ts';
import { stableId } from '../../../services/apigateway/apis.ts';
import { createResource, serviceHost } from '../cognito-idp/user-pool.ts';

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:site';

type Invoke = { FunctionName: string; Payload: Uint8Array };
type Result = { Payload?: Uint8Array; FunctionError?: string };

/** Stands for Lambda: one function, with the permission that the template gives to the API. */
const lambdaWith = (
  run: (event: APIGatewayProxyEventV2) => unknown,
  permittedSource = 'arn:aws:execute-api:us-east-1:000000000000:*/*/*',
): Service => ({
  name: 'lambda',
  operations: {
    Invoke: {
      requires: ({ FunctionName }: Invoke) => ({ action: 'lambda:InvokeFunction', resource: FunctionName }),
      run: ({ FunctionName, Payload }: Invoke): Result => {
        if (FunctionName !== FUNCTION_ARN)
          throw new AwsError('ResourceNotFoundException', 'Function not found', 404);
        const result = run(JSON.parse(Buffer.from(Payload).toString('utf8')) as APIGatewayProxyEventV2);
        if (result instanceof Error) {
          return {
            FunctionError: 'Unhandled',
            Payload: Buffer.from(JSON.stringify({ errorMessage: result.message })),
          };
        }
        return { Payload: Buffer.from(typeof result === 'string' ? result : JSON.stringify(result)) };
      },
    } satisfies Operation<Invoke, Result> as Operation,
  },
  resources: {},
  resourcePolicy: () => ({
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'apigateway.amazonaws.com' },
      Action: 'lambda:InvokeFunction',
      Resource: FUNCTION_ARN,
      Condition: { ArnLike: { 'AWS:SourceArn': permittedSource } },
    },
  }),
});

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const startApi = async (lambda: Service, routeKeys = ['$default'], stage: object = {}) => {
  const { host, clock, log } = await serviceHost();
  const service = createApiGatewayService(host);
  host.register(lambda);
  host.register(service);
  const api = await createResource(service, 'AWS::ApiGatewayV2::Api', 'Api', {
    Name: 'site',
    ProtocolType: 'HTTP',
  });
  const ApiId = api.physicalId;
  const integration = await createResource(service, 'AWS::ApiGatewayV2::Integration', 'Integration', {
    ApiId,
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: FUNCTION_ARN,
    PayloadFormatVersion: '2.0',
  });
  for (const RouteKey of routeKeys) {
    await createResource(service, 'AWS::ApiGatewayV2::Route', `Route${RouteKey}`, {
      ApiId,
      RouteKey,
      Target: `integrations/${integration.physicalId}`,
      AuthorizationType: 'NONE',
    });
  }
  await createResource(service, 'AWS::ApiGatewayV2::Stage', 'Stage', {
    ApiId,
    StageName: '$default',
    AutoDeploy: true,
    ...stage,
  });
  await host.startServices();
  stops.push(async () => {
    clock.stop();
    await host.stopServices();
  });
  return { host, clock, log, service, apiId: ApiId, url: String(api.attributes.ApiEndpoint) };
};

const echo = (event: APIGatewayProxyEventV2) => ({ statusCode: 200, body: JSON.stringify(event) });
const eventOf = async (answer: Response) => (await answer.json()) as APIGatewayProxyEventV2;

describe('a request', () => {
  it('reaches the function as an event of payload format 2.0', async () => {
    const { url, apiId } = await startApi(lambdaWith(echo));
    const answer = await fetch(`${url}/promotions/a%20b?x=1&x=2&y=%C3%A4`, {
      headers: { cookie: 'lockstep=abc; other=1', 'X-Test': 'yes' },
    });
    const event = await eventOf(answer);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/promotions/a%20b',
      rawQueryString: 'x=1&x=2&y=%C3%A4',
      queryStringParameters: { x: '1,2', y: 'ä' },
      cookies: ['lockstep=abc', 'other=1'],
      headers: { 'x-test': 'yes', host: new URL(url).host, 'x-forwarded-proto': 'http' },
      requestContext: {
        accountId: '000000000000',
        apiId,
        domainName: new URL(url).host,
        http: { method: 'GET', path: '/promotions/a%20b', protocol: 'HTTP/1.1' },
        routeKey: '$default',
        stage: '$default',
      },
      isBase64Encoded: false,
    });
    expect(event.headers).not.toHaveProperty('cookie');
    expect(event.requestContext.time).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  });

  it.each([
    ['application/x-www-form-urlencoded', 'a=1', true],
    ['application/octet-stream', 'a=1', true],
    ['application/json', '{"ä":1}', false],
    ['text/plain; charset=utf-8', 'ä', false],
  ])('with a body of %s keeps every byte', async (type, body, isBase64Encoded) => {
    const { url } = await startApi(lambdaWith(echo));
    const event = await eventOf(
      await fetch(url, { method: 'POST', headers: { 'content-type': type }, body }),
    );
    expect(event.isBase64Encoded).toBe(isBase64Encoded);
    expect(Buffer.from(event.body ?? '', isBase64Encoded ? 'base64' : 'utf8').toString('utf8')).toBe(body);
  });

  it('takes the most specific route and gives its parameters', async () => {
    const { url } = await startApi(lambdaWith(echo), ['ANY /', 'ANY /{proxy+}']);
    expect((await eventOf(await fetch(`${url}/`))).routeKey).toBe('ANY /');
    expect(await eventOf(await fetch(`${url}/a/b`))).toMatchObject({
      routeKey: 'ANY /{proxy+}',
      pathParameters: { proxy: 'a/b' },
    });
  });

  it('that no route takes is not found', async () => {
    const { url } = await startApi(lambdaWith(echo), ['GET /pets']);
    const answer = await fetch(`${url}/dogs`);
    expect([answer.status, await answer.text()]).toEqual([404, '{"message":"Not Found"}']);
  });

  it('that names another host is rejected before the function sees it', async () => {
    let invoked = 0;
    const { url } = await startApi(lambdaWith(() => ++invoked));
    const status = await new Promise<number | undefined>((resolve, reject) => {
      http
        .get(url, { headers: { host: 'evil.example' } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        })
        .on('error', reject);
    });
    expect([status, invoked]).toEqual([421, 0]);
  });

  it('with a body of more than 6 MB is rejected', async () => {
    const { url } = await startApi(lambdaWith(echo));
    const answer = await fetch(url, { method: 'POST', body: new Uint8Array(6 * 1024 * 1024 + 1) });
    expect(answer.status).toBe(413);
  });

  it('beyond the stage’s burst is throttled, until the rate has filled it again', async () => {
    const { url, clock } = await startApi(lambdaWith(echo), ['$default'], {
      DefaultRouteSettings: { ThrottlingBurstLimit: 3, ThrottlingRateLimit: 0.001 },
    });
    const statuses = [];
    for (let turn = 0; turn < 4; turn++) statuses.push((await fetch(url)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    clock.advance(1_000_000);
    expect((await fetch(url)).status).toBe(200);
  });
});

describe('an answer', () => {
  it('has the function’s status, headers, cookies and bytes', async () => {
    const bytes = Buffer.from([0, 255, 1, 254]);
    const { url } = await startApi(
      lambdaWith(() => ({
        statusCode: 303,
        headers: { location: '/x', 'Content-Type': 'application/octet-stream', 'content-length': '999' },
        cookies: ['a=1; Path=/', 'b=2; Path=/'],
        body: bytes.toString('base64'),
        isBase64Encoded: true,
      })),
    );
    const answer = await fetch(url, { redirect: 'manual' });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/x');
    expect(answer.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/']);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
  });

  it('is the result itself if it has no status code', async () => {
    const { url } = await startApi(lambdaWith(() => ({ hello: 'world' })));
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('content-type'), await answer.json()]).toEqual([
      200,
      'application/json',
      { hello: 'world' },
    ]);
  });

  it.each<[string, (event: APIGatewayProxyEventV2) => unknown, string | undefined, string]>([
    ['fails', () => new Error('boom'), undefined, 'The function failed (Unhandled)'],
    ['gives no JSON', () => 'not json', undefined, 'is no answer'],
    ['gives a status that is none', () => ({ statusCode: 'x' }), undefined, 'is no answer'],
    [
      'may not be invoked by this API',
      echo,
      'arn:aws:execute-api:us-east-1:000000000000:other/*/*',
      'AccessDenied',
    ],
  ])('is 500 without details when the function %s', async (_case, run, source, logged) => {
    const { url, log } = await startApi(source ? lambdaWith(run, source) : lambdaWith(run));
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
    expect(log.join('\n')).toContain(logged);
  });
});

describe('the template', () => {
  const withApi = async () => {
    const { service, apiId } = await startApi(lambdaWith(echo));
    return { service, ApiId: apiId };
  };
  const proxy = { IntegrationType: 'AWS_PROXY', IntegrationUri: FUNCTION_ARN, PayloadFormatVersion: '2.0' };

  it.each([
    ['AWS::ApiGatewayV2::Api', 'Name', { Name: 'second', ProtocolType: 'HTTP' }],
    ['AWS::ApiGatewayV2::Api', 'ProtocolType', { Name: 'x', ProtocolType: 'WEBSOCKET' }],
    [
      'AWS::ApiGatewayV2::Api',
      'CorsConfiguration',
      { Name: 'x', ProtocolType: 'HTTP', CorsConfiguration: {} },
    ],
    ['AWS::ApiGatewayV2::Integration', 'IntegrationType', { ...proxy, IntegrationType: 'HTTP_PROXY' }],
    ['AWS::ApiGatewayV2::Integration', 'PayloadFormatVersion', { ...proxy, PayloadFormatVersion: '1.0' }],
    ['AWS::ApiGatewayV2::Integration', 'IntegrationUri', { ...proxy, IntegrationUri: 'https://example.com' }],
    ['AWS::ApiGatewayV2::Integration', 'ApiId', { ...proxy, ApiId: 'unknown' }],
    ['AWS::ApiGatewayV2::Route', 'RouteKey', { RouteKey: 'get /', Target: 'integrations/x' }],
    ['AWS::ApiGatewayV2::Route', 'Target', { RouteKey: 'GET /', Target: 'integrations/unknown' }],
    [
      'AWS::ApiGatewayV2::Route',
      'AuthorizationType',
      { RouteKey: 'GET /', Target: 'x', AuthorizationType: 'JWT' },
    ],
    ['AWS::ApiGatewayV2::Stage', 'StageName', { StageName: 'prod', AutoDeploy: true }],
    ['AWS::ApiGatewayV2::Stage', 'AutoDeploy', { StageName: '$default', AutoDeploy: false }],
  ])('%s fails for a wrong %s', async (type, property, properties) => {
    const { service, ApiId } = await withApi();
    const given = type.endsWith('Api') ? properties : { ApiId, ...properties };
    await expect((async () => createResource(service, type, 'Wrong', given))()).rejects.toThrow(
      new RegExp(`^${type} Platform/Wrong: property ${property} `),
    );
  });

  it('takes a route away that it no longer has, and does not mind being told twice', async () => {
    const { service, url, apiId } = await startApi(lambdaWith(echo), ['GET /pets']);
    expect((await fetch(`${url}/pets`)).status).toBe(200);
    const route = {
      physicalId: stableId(7, 'route', resourceContext('Platform', 'RouteGET /pets').generatedName(), apiId),
      attributes: {},
    };
    for (let turn = 0; turn < 2; turn++) {
      await service.resources['AWS::ApiGatewayV2::Route']?.delete(
        route,
        resourceContext('Platform', 'RouteGET /pets'),
        { ApiId: apiId },
      );
      expect((await fetch(`${url}/pets`)).status).toBe(404);
    }
  });
});
