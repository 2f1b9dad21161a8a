import http from 'node:http';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  NoSuchKey,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { AwsError } from '../../host.ts';
import { echoService, loadClient, type ServedHost, serve } from './fixture.ts';

let served: ServedHost;
let client: S3Client;
let received: { operation: string; input: Record<string, unknown> };
let answer: () => unknown;

beforeAll(async () => {
  const { model } = await loadClient('s3');
  served = await serve(
    echoService('s3', model, (operation, input) => {
      received = { operation, input: input as Record<string, unknown> };
      return answer();
    }),
  );
  client = new S3Client({
    endpoint: served.endpoint.url,
    region: 'us-east-1',
    credentials: served.host.administratorKey(),
    maxAttempts: 1,
  });
});

beforeEach(() => {
  answer = () => ({});
});

afterAll(async () => {
  client.destroy();
  await served.close();
});

/** A request as clients send it that do not name the operation in the query. */
const plainRequest = async (
  method: string,
  path: string,
  headers: http.OutgoingHttpHeaders = {},
  body = '',
) => {
  const request = http.request(`${served.endpoint.url}${path}`, {
    method,
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${served.host.administratorKey().accessKeyId}/20261122/us-east-1/s3/aws4_request`,
      ...headers,
    },
  });
  request.end(body);
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode,
    text: Buffer.concat(chunks).toString(),
    operation: received.operation,
  };
};

it('takes an object as bytes, with its key, metadata and headers', async () => {
  answer = () => ({ ETag: '"abc"', VersionId: 'v1' });
  const output = await client.send(
    new PutObjectCommand({
      Bucket: 'artifacts',
      Key: 'a/b c/ü.zip',
      Body: Buffer.from([0, 1, 255]),
      ContentType: 'application/zip',
      Metadata: { commit: 'c0ffee' },
    }),
  );
  expect(output).toMatchObject({ ETag: '"abc"', VersionId: 'v1' });
  expect(received).toMatchObject({
    operation: 'PutObject',
    input: {
      Bucket: 'artifacts',
      Key: 'a/b c/ü.zip',
      ContentType: 'application/zip',
      Metadata: { commit: 'c0ffee' },
    },
  });
  expect(Buffer.from(received.input.Body as Uint8Array)).toEqual(Buffer.from([0, 1, 255]));
});

it('takes an object that is streamed in chunks', async () => {
  const bytes = Buffer.alloc(200_000, 'lockstep');
  await client.send(
    new PutObjectCommand({
      Bucket: 'artifacts',
      Key: 'big',
      Body: Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)]),
      ContentLength: bytes.length,
    }),
  );
  expect(Buffer.from(received.input.Body as Uint8Array).equals(bytes)).toBe(true);
});

it('gives an object as a stream, with its metadata', async () => {
  const LastModified = new Date('2026-11-22T10:48:01.000Z');
  answer = () => ({
    Body: Buffer.from('hello'),
    ContentLength: 5,
    LastModified,
    Metadata: { commit: 'c0ffee' },
  });
  const output = await client.send(new GetObjectCommand({ Bucket: 'artifacts', Key: 'k', VersionId: 'v 1' }));
  expect(await output.Body?.transformToString()).toBe('hello');
  expect(output).toMatchObject({ ContentLength: 5, LastModified, Metadata: { commit: 'c0ffee' } });
  expect(received.input).toMatchObject({ VersionId: 'v 1' });
});

it('answers HEAD with the length of an object and no body', async () => {
  answer = () => ({ ContentLength: 123_456 });
  const output = await client.send(new HeadObjectCommand({ Bucket: 'artifacts', Key: 'k' }));
  expect(output.ContentLength).toBe(123_456);
});

it('lists objects, in flat lists', async () => {
  const LastModified = new Date('2026-11-22T10:48:01.000Z');
  const Contents = [
    { Key: 'a & b', Size: 1, LastModified },
    { Key: 'c', Size: 2, LastModified },
  ];
  answer = () => ({ Contents, IsTruncated: false, KeyCount: 2, CommonPrefixes: [{ Prefix: 'p/' }] });
  const output = await client.send(
    new ListObjectsV2Command({ Bucket: 'artifacts', Prefix: 'a &', MaxKeys: 2 }),
  );
  expect(output).toMatchObject({
    Contents,
    IsTruncated: false,
    KeyCount: 2,
    CommonPrefixes: [{ Prefix: 'p/' }],
  });
  expect(received).toMatchObject({
    operation: 'ListObjectsV2',
    input: { Bucket: 'artifacts', Prefix: 'a &', MaxKeys: 2 },
  });
});

it('reads XML and text bodies', async () => {
  const Objects = [{ Key: 'a <1>' }, { Key: 'b', VersionId: 'v' }];
  answer = () => ({ Deleted: [{ Key: 'a <1>' }] });
  const output = await client.send(
    new DeleteObjectsCommand({ Bucket: 'artifacts', Delete: { Objects, Quiet: false } }),
  );
  expect(output.Deleted).toEqual([{ Key: 'a <1>' }]);
  expect(received.input.Delete).toEqual({ Objects, Quiet: false });

  const Policy = '{"Statement":[]}';
  await client.send(new PutBucketPolicyCommand({ Bucket: 'artifacts', Policy }));
  expect(received).toMatchObject({ operation: 'PutBucketPolicy', input: { Bucket: 'artifacts', Policy } });
});

it('tells apart operations on the same path', async () => {
  answer = () => ({ CopyObjectResult: { ETag: '"e"' } });
  const at = { Bucket: 'artifacts', Key: 'k' };
  const named = async (sent: Promise<unknown>) => {
    await sent;
    return received.operation;
  };
  expect(await named(client.send(new ListBucketsCommand({})))).toBe('ListBuckets');
  const versioning = client.send(new GetBucketVersioningCommand({ Bucket: 'artifacts' }));
  expect(await named(versioning)).toBe('GetBucketVersioning');
  const part = new UploadPartCommand({ ...at, PartNumber: 1, UploadId: 'u', Body: 'x' });
  expect(await named(client.send(part))).toBe('UploadPart');
  expect(await named(client.send(new ListPartsCommand({ ...at, UploadId: 'u' })))).toBe('ListParts');
  expect(await named(client.send(new CopyObjectCommand({ ...at, CopySource: 'o/k' })))).toBe('CopyObject');
});

it('finds operations that the request does not name', async () => {
  const name = async (...request: Parameters<typeof plainRequest>) =>
    (await plainRequest(...request)).operation;
  expect(await name('GET', '/artifacts/some/key')).toBe('GetObject');
  expect(await name('GET', '/artifacts/some/key?uploadId=u')).toBe('ListParts');
  expect(await name('PUT', '/artifacts/some/key')).toBe('PutObject');
  expect(await name('PUT', '/artifacts/some/key', { 'x-amz-copy-source': 'b/k' })).toBe('CopyObject');
  expect(await name('GET', '/artifacts')).toBe('ListObjects');
  expect(await name('GET', '/artifacts/')).toBe('ListObjects');
  expect(await name('GET', '/artifacts?list-type=2')).toBe('ListObjectsV2');
  expect(await name('PUT', '/artifacts')).toBe('CreateBucket');
  expect(await name('GET', '/')).toBe('ListBuckets');
});

it('gives errors by their code', async () => {
  answer = () => {
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  };
  const caught = await client
    .send(new GetObjectCommand({ Bucket: 'artifacts', Key: 'gone' }))
    .catch((error: unknown) => error);
  expect(caught).toBeInstanceOf(NoSuchKey);
  expect(caught).toMatchObject({ message: 'The specified key does not exist.' });
});

it('fails a chunked body whose frame is damaged, naming the place', async () => {
  const headers = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };
  const damaged = await plainRequest('PUT', '/artifacts/k', headers, '3\r\nabc\r\nzz\r\n');
  expect(damaged.status).toBe(400);
  expect(damaged.text).toContain('bad frame at byte 8');
});
