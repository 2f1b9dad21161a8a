import { createPublicKey, verify } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand, VerifyCommand } from '@aws-sdk/client-kms';
import { resourceContext } from '../../../assembly/stack-records.ts';
import { createEndpoint, type Endpoint } from '../../../endpoint/endpoint.ts';
import type { ResourceProperties } from '../../../host.ts';
import { createKmsService } from '../../../services/kms/kms.ts';
import {
  administratorAt,
  freePort,
  putRole,
  startHost,
  type TestHost,
  temporaryFolders,
} from '../../assembly/assembly-host.ts';

const newFolder = temporaryFolders();
let running: TestHost;
let endpoint: Endpoint;
let client: KMSClient;
let KeyId: string;

const createKey = async (properties: ResourceProperties, id: string): Promise<string> => {
  const provider = running.host.service('kms')?.resources['AWS::KMS::Key'];
  return String((await provider?.create(properties, resourceContext('Test', id)))?.attributes.Arn);
};
const signing = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' };
const algorithm = { SigningAlgorithm: 'ECDSA_SHA_256' } as const;
const Message = Buffer.from('the head');

beforeEach(async () => {
  running = await startHost(newFolder(), [createKmsService], await freePort());
  endpoint = await createEndpoint(running.host);
  client = new KMSClient(administratorAt(endpoint, running));
  KeyId = await createKey(signing, 'Signing');
});
afterEach(async () => {
  client.destroy();
  await endpoint.close();
  await running.stop();
});

it('signs what its public key verifies, offline and over the wire, also after an update', async () => {
  const { Signature = new Uint8Array() } = await client.send(
    new SignCommand({ KeyId, Message, ...algorithm }),
  );
  await createKey({ ...signing, Description: 'changed' }, 'Signing');
  const { PublicKey = new Uint8Array(), KeySpec } = await client.send(new GetPublicKeyCommand({ KeyId }));
  expect(KeySpec).toBe('ECC_NIST_P256');
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  expect(verify('sha256', Message, key, Signature)).toBe(true);
  expect(await client.send(new VerifyCommand({ KeyId, Message, Signature, ...algorithm }))).toMatchObject({
    SignatureValid: true,
  });
  await expect(
    client.send(new VerifyCommand({ KeyId, Message: Buffer.from('another'), Signature, ...algorithm })),
  ).rejects.toMatchObject({ name: 'KMSInvalidSignatureException' });
});

it.each<[string, Partial<SignCommand['input']>, string]>([
  ['a message beyond 4096 bytes', { Message: Buffer.alloc(4097, 1) }, '1 to 4096 bytes, got 4097'],
  ['a digest, which the emulator cannot sign', { MessageType: 'DIGEST' }, 'send RAW'],
  ['another algorithm', { SigningAlgorithm: 'RSASSA_PSS_SHA_256' }, 'incompatible'],
])('fails on %s', async (_, input, message) => {
  await expect(client.send(new SignCommand({ KeyId, Message, ...algorithm, ...input }))).rejects.toThrow(
    message,
  );
});

it('fails to sign with a key that encrypts, and to encrypt with one that signs', async () => {
  const encrypting = await createKey({}, 'Encrypting');
  const input = { KeyId: encrypting, Message, ...algorithm };
  await expect(client.send(new SignCommand(input))).rejects.toMatchObject({
    name: 'InvalidKeyUsageException',
  });
  const encrypt = running.host.call({ kind: 'administrator' }, 'kms', 'Encrypt', {
    KeyId,
    Plaintext: Message,
  });
  await expect(encrypt).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
});

it('lets only those sign who may', async () => {
  const statements = [{ Effect: 'Allow', Action: 'kms:GetPublicKey', Resource: '*' }] as const;
  const roleArn = putRole(running.host, 'auditor', 'lambda.amazonaws.com', statements);
  const as = { kind: 'role', roleArn, sessionName: 'test' } as const;
  await expect(running.host.call(as, 'kms', 'GetPublicKey', { KeyId })).resolves.toBeDefined();
  await expect(running.host.call(as, 'kms', 'Sign', { KeyId, Message, ...algorithm })).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
});

it.each<[string, ResourceProperties]>([
  ['KeyUsage', { KeySpec: 'ECC_NIST_P256' }],
  ['KeyUsage', { KeyUsage: 'SIGN_VERIFY' }],
  ['EnableKeyRotation', { ...signing, EnableKeyRotation: true }],
])('fails on a wrong %s', async (property, properties) => {
  await expect(createKey(properties, 'Wrong')).rejects.toThrow(property);
});
