import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import { resourceContext } from '../../../assembly/stack-records.ts';
import { createEndpoint, type Endpoint } from '../../../endpoint/endpoint.ts';
import { createKmsService } from '../../../services/kms/kms.ts';
import {
  administratorAt,
  freePort,
  startHost,
  type TestHost,
  temporaryFolders,
} from '../../assembly/assembly-host.ts';

const newFolder = temporaryFolders();
let running: TestHost;
let endpoint: Endpoint;
let client: KMSClient;
let KeyId: string;

beforeEach(async () => {
  running = await startHost(newFolder(), [createKmsService], await freePort());
  endpoint = await createEndpoint(running.host);
  client = new KMSClient(administratorAt(endpoint, running));
  const state = await running.host
    .service('kms')
    ?.resources['AWS::KMS::Key']?.create({ Description: 'images' }, resourceContext('Test', 'Key'));
  KeyId = String(state?.attributes.Arn);
});
afterEach(async () => {
  client.destroy();
  await endpoint.close();
  await running.stop();
});

it('encrypts, decrypts and describes over the wire', async () => {
  const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('über') }));
  const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob }));
  expect(Buffer.from(Plaintext ?? []).toString()).toBe('über');
  const dataKey = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
  expect(dataKey.Plaintext).toHaveLength(32);
  const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
  expect(KeyMetadata).toMatchObject({ Arn: KeyId, Description: 'images', CreationDate: expect.any(Date) });
});
