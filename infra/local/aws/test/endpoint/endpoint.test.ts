import http from 'node:http';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DeleteTagsCommand,
  DescribeInstancesCommand,
  DescribeTagsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateActivityCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { createEndpoint } from '../../endpoint/endpoint.ts';
import { AwsError, type Operation, type Principal } from '../../host.ts';
import { createStsService } from '../../services/sts/sts.ts';
import { putRole } from '../iam/roles.ts';
import { type ServedHost, serve, serviceOf } from './fixture.ts';

const open = (action: string, run: (input: never) => unknown = () => ({})): Operation => ({
  requires: () => ({ action, resource: '*' }),
  run,
});

const startExecution = open('states:StartExecution', () => ({
  executionArn: 'arn:aws:states:us-east-1:000000000000:execution:m:1',
  startDate: new Date(1_700_000_000_250),
}));
const describeExecution = open('states:DescribeExecution', () => {
  throw new AwsError('ExecutionDoesNotExist', "Execution Does Not Exist: 'x'");
});

let served: ServedHost;
let credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
const worker: Principal = {
  kind: 'role',
  roleArn: 'arn:aws:iam::000000000000:role/Worker',
  sessionName: 'worker',
};

beforeAll(async () => {
  served = await serve(
    serviceOf('states', { StartExecution: startExecution, DescribeExecution: describeExecution }),
    serviceOf('sns', { Publish: open('sns:Publish') }),
    serviceOf('ec2', {
      DescribeInstances: open('ec2:DescribeInstances'),
      DescribeTags: open('ec2:DescribeTags', () => ({ Tags: [] })),
      DeleteTags: open('ec2:DeleteTags'),
    }),
    serviceOf('lambda', { Invoke: open('lambda:InvokeFunction') }),
    {
      ...serviceOf('dynamodb', { GetItem: open('dynamodb:GetItem', (input) => ({ Item: input })) }),
      wire: 'json',
    },
  );
  served.host.register(createStsService(served.host));
  putRole(served.host.store, 'Worker');
});

beforeEach(() => {
  credentials = served.host.administratorKey();
});

afterAll(() => served.close());

const config = () => ({
  endpoint: served.endpoint.url,
  region: 'us-east-1',
  credentials,
  maxAttempts: 1,
});

const failureOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => 'no failure',
    ({ name, message, $metadata }) => ({ name, message, status: $metadata.httpStatusCode as number }),
  );

/** A raw request, for what SDK clients do not let one do. */
const raw = async (headers: http.OutgoingHttpHeaders, body = '{}', path = '/') => {
  const request = http.request(`${served.endpoint.url}${path}`, { method: 'POST', headers });
  request.end(body);
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() };
};

const signed = (service: string, target: string): http.OutgoingHttpHeaders => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${served.host.administratorKey().accessKeyId}/20261122/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=00`,
  'x-amz-target': target,
  'content-type': 'application/x-amz-json-1.0',
});

describe('errors on the wire', () => {
  it('names Step Functions errors by the namespaces that AWS uses', async () => {
    const unknown = await raw(signed('states', 'AWSStepFunctions.DescribeExecution'), '{"executionArn":"x"}');
    expect(unknown.status).toBe(400);
    expect(unknown.headers['content-type']).toBe('application/x-amz-json-1.0');
    expect(JSON.parse(unknown.text)).toEqual({
      __type: 'com.amazonaws.swf.service.v2.model#ExecutionDoesNotExist',
      message: "Execution Does Not Exist: 'x'",
    });
    const invalid = await raw(signed('states', 'AWSStepFunctions.StartExecution'), '{}');
    expect(JSON.parse(invalid.text)).toEqual({
      __type: 'com.amazon.coral.validate#ValidationException',
      message:
        "1 validation error detected: Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null",
    });
  });

  it('fails a value of the wrong type and a body that is not JSON', async () => {
    const wrong = await raw(signed('states', 'AWSStepFunctions.StartExecution'), '{"stateMachineArn":7}');
    expect(JSON.parse(wrong.text)).toEqual({
      __type: 'com.amazon.coral.service#SerializationException',
      message: "Expected a string at 'stateMachineArn', but found a value of type number.",
    });
    const broken = await raw(signed('states', 'AWSStepFunctions.StartExecution'), '{"a":');
    expect(JSON.parse(broken.text)).toMatchObject({
      __type: 'com.amazon.coral.service#SerializationException',
    });
  });

  it('fails missing members in the other protocols', async () => {
    expect(await failureOf(new SNSClient(config()).send(new PublishCommand({ Message: undefined })))).toEqual(
      {
        name: 'ValidationError',
        message:
          "1 validation error detected: Value null at 'message' failed to satisfy constraint: Member must not be null",
        status: 400,
      },
    );
    const ec2 = new EC2Client(config()).send(new DescribeTagsCommand({ Filters: undefined, MaxResults: 5 }));
    expect(await ec2).toMatchObject({ Tags: [] });
    const deletion = new EC2Client(config()).send(new DeleteTagsCommand({ Resources: undefined }));
    expect(await failureOf(deletion)).toEqual({
      name: 'MissingParameter',
      message: 'The request must contain the parameter resources',
      status: 400,
    });
  });

  it('gives services of plain JSON what came over the wire', async () => {
    const dynamo = new DynamoDBClient(config());
    expect(await dynamo.send(new GetItemCommand({ TableName: 't', Key: { id: { S: 'x' } } }))).toMatchObject({
      Item: { TableName: 't', Key: { id: { S: 'x' } } },
    });
  });

  it('answers an operation that throws something else with 500 and its message', async () => {
    const broken = serviceOf('events', {
      PutEvents: open('events:PutEvents', () => {
        throw new TypeError('it broke');
      }),
    });
    served.host.register(broken);
    const answer = await raw(signed('events', 'AWSEvents.PutEvents'), '{"Entries":[]}');
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.text)).toEqual({ __type: 'InternalFailure', message: 'TypeError: it broke' });
  });
});

describe('what is not served', () => {
  it('answers 501 with the names of the services for an unknown service', async () => {
    const answer = await raw(signed('sqs', 'AmazonSQS.SendMessage'));
    expect(answer.status).toBe(501);
    expect(JSON.parse(answer.text).message).toBe(
      'The emulator does not serve "sqs". It serves: dynamodb, ec2, events, lambda, sns, states, sts.',
    );
  });

  it('answers 501 with the names of the operations for an unknown operation', async () => {
    expect(await failureOf(new SFNClient(config()).send(new CreateActivityCommand({ name: 'a' })))).toEqual({
      name: 'UnknownOperationException',
      message:
        "The emulator's states does not serve CreateActivity. It serves: DescribeExecution, StartExecution.",
      status: 501,
    });
    const nonsense = await raw(signed('states', 'AWSStepFunctions.constructor'));
    expect(nonsense.status).toBe(501);
  });

  it('answers 501 for a path that no operation has', async () => {
    const answer = await raw(signed('lambda', ''), '{}', '/no/such/path');
    expect(answer.status).toBe(501);
    expect(JSON.parse(answer.text).message).toContain('does not serve');
  });
});

describe('callers', () => {
  it('takes an unknown access key for the person at the machine', async () => {
    const identity = await new STSClient(config()).send(new GetCallerIdentityCommand({}));
    expect(identity.Arn).toBe('arn:aws:iam::000000000000:user/administrator');
  });

  it("knows a role by its session's keys", async () => {
    credentials = served.host.credentialsFor(worker);
    const identity = await new STSClient(config()).send(new GetCallerIdentityCommand({}));
    expect(identity.Arn).toBe('arn:aws:sts::000000000000:assumed-role/Worker/worker');
  });

  it('fails keys of a session without its token, and keys of another state directory', async () => {
    const { sessionToken: _left, ...keys } = served.host.credentialsFor(worker);
    credentials = keys;
    expect(
      await failureOf(new SFNClient(config()).send(new StartExecutionCommand({ stateMachineArn: 'm' }))),
    ).toMatchObject({ name: 'UnrecognizedClientException', status: 403 });
    credentials = { accessKeyId: 'ASIALOCKAAAAAAAAAAAA', secretAccessKey: 'x', sessionToken: 'y' };
    expect(await failureOf(new SNSClient(config()).send(new PublishCommand({ Message: 'm' })))).toMatchObject(
      {
        name: 'InvalidClientTokenId',
        status: 403,
      },
    );
    credentials = { accessKeyId: 'administrator', secretAccessKey: 'administrator' };
    expect(await failureOf(new SNSClient(config()).send(new PublishCommand({ Message: 'm' })))).toMatchObject(
      { name: 'InvalidClientTokenId', status: 403 },
    );
  });

  it('denies what no policy allows, in the form of each protocol', async () => {
    credentials = served.host.credentialsFor(worker);
    const text = (action: string) =>
      `User: arn:aws:sts::000000000000:assumed-role/Worker/worker is not authorized to perform: ${action} on resource: * ` +
      `because no identity-based policy allows the ${action} action`;
    const denied = await Promise.all([
      failureOf(new SFNClient(config()).send(new StartExecutionCommand({ stateMachineArn: 'm' }))),
      failureOf(new SNSClient(config()).send(new PublishCommand({ Message: 'm' }))),
      failureOf(new EC2Client(config()).send(new DescribeInstancesCommand({}))),
      failureOf(new LambdaClient(config()).send(new InvokeCommand({ FunctionName: 'f' }))),
      failureOf(new DynamoDBClient(config()).send(new GetItemCommand({ TableName: 't', Key: {} }))),
    ]);
    expect(denied).toEqual([
      { name: 'AccessDeniedException', message: text('states:StartExecution'), status: 400 },
      { name: 'AccessDenied', message: text('sns:Publish'), status: 403 },
      {
        name: 'UnauthorizedOperation',
        message: `You are not authorized to perform this operation. ${text('ec2:DescribeInstances')}`,
        status: 403,
      },
      { name: 'AccessDeniedException', message: text('lambda:InvokeFunction'), status: 403 },
      { name: 'AccessDeniedException', message: text('dynamodb:GetItem'), status: 400 },
    ]);
  });

  it('rejects requests without a signature, or with one that names no service', async () => {
    const unsigned = await raw({ 'x-amz-target': 'AWSStepFunctions.StartExecution' });
    expect(unsigned.status).toBe(403);
    expect(JSON.parse(unsigned.text)).toMatchObject({ __type: 'MissingAuthenticationToken' });
    const basic = await raw({ authorization: 'Basic eDp5' });
    expect(basic.status).toBe(403);
    expect(basic.headers['x-amzn-errortype']).toBe('IncompleteSignature');
  });

  it('reads the caller from a presigned query', async () => {
    const query = `X-Amz-Credential=${served.host.administratorKey().accessKeyId}%2F20261122%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Signature=00`;
    const answer = await raw(
      { 'content-type': 'application/x-www-form-urlencoded' },
      'Action=GetCallerIdentity&Version=2011-06-15',
      `/?${query}`,
    );
    expect(answer.text).toContain('<Arn>arn:aws:iam::000000000000:user/administrator</Arn>');
  });
});

describe('the door', () => {
  it('rejects browsers and names that only point at this machine', async () => {
    const headers = signed('states', 'AWSStepFunctions.StartExecution');
    const fromPage = await raw({ ...headers, origin: 'https://example.com' });
    expect(fromPage).toMatchObject({ status: 403, text: expect.stringContaining('Origin') });
    const rebound = await raw({ ...headers, host: 'rebound.example.com' });
    expect(rebound).toMatchObject({ status: 403, text: expect.stringContaining('rebound.example.com') });
    // A picture or a link on a page is requested without Origin.
    for (const site of ['cross-site', 'same-site'])
      expect(await raw({ ...headers, 'sec-fetch-site': site })).toMatchObject({
        status: 403,
        text: expect.stringContaining('Sec-Fetch-Site'),
      });
    const byName = await raw({ ...headers, host: 'localhost:1' }, '{"stateMachineArn":"m"}');
    expect(byName.status).toBe(200);
  });

  it('hands mounted paths to their handlers, and nothing beside them', async () => {
    served.endpoint.mount('/_lockstep/push', (request, response, body) => {
      response.end(`${request.url} ${body}`);
    });
    expect((await raw({}, 'pushed', '/_lockstep/push?x=1')).text).toBe('/_lockstep/push?x=1 pushed');
    expect((await raw({}, 'pushed', '/_lockstep/push/deeper')).text).toBe('/_lockstep/push/deeper pushed');
    expect((await raw({}, 'pushed', '/_lockstep/pushed')).status).toBe(403);
    expect((await raw({ origin: 'https://example.com' }, '', '/_lockstep/push')).status).toBe(403);
  });

  it('fails on a port in use, naming it and the remedy', async () => {
    const { port } = served.endpoint;
    const host = { ...served.host, ports: { ...served.host.ports, endpoint: port } };
    await expect(createEndpoint(host)).rejects.toMatchObject({
      name: 'PortInUseError',
      message: expect.stringMatching(new RegExp(`Port ${port} .*--port`)),
    });
  });
});
