import { resourceContext } from '../../../assembly/stack-records.ts';
import type { Principal, ResourceProperties, ResourceState } from '../../../host.ts';
import { createKmsService } from '../../../services/kms/kms.ts';
import { putRole, startHost, type TestHost, temporaryFolders } from '../../assembly/assembly-host.ts';

const newFolder = temporaryFolders();
let running: TestHost;

beforeEach(async () => {
  running = await startHost(newFolder(), [createKmsService]);
});
afterEach(() => running.stop());

const administrator: Principal = { kind: 'administrator' };
const provider = (type: string) => {
  const found = running.host.service('kms')?.resources[type];
  if (!found) throw new Error(`no provider of ${type}`);
  return found;
};
const createKey = async (properties: ResourceProperties = {}, id = 'Key'): Promise<ResourceState> =>
  provider('AWS::KMS::Key').create(properties, resourceContext('Test', id));

interface Answer {
  readonly CiphertextBlob: Uint8Array;
  readonly Plaintext: Uint8Array;
  readonly KeyId: string;
}
const call = (operation: string, input: object, principal: Principal = administrator) =>
  running.host.call<Answer>(principal, 'kms', operation, input);
const encrypt = (input: object = {}) =>
  call('Encrypt', { KeyId: 'alias/lockstep/x', Plaintext: Buffer.from('secret'), ...input });

describe('keys', () => {
  let key: ResourceState;
  beforeEach(async () => {
    key = await createKey();
    const alias = { AliasName: 'alias/lockstep/x', TargetKeyId: key.attributes.Arn };
    await provider('AWS::KMS::Alias').create(alias, resourceContext('Test', 'Alias'));
  });

  it('give back what they encrypted, also after a restart', async () => {
    const { CiphertextBlob, KeyId } = await encrypt();
    expect(KeyId).toBe(key.attributes.Arn);
    expect(Buffer.from(CiphertextBlob).includes('secret')).toBe(false);
    running = await running.killAndRestart();
    expect(Buffer.from((await call('Decrypt', { CiphertextBlob })).Plaintext).toString()).toBe('secret');
  });

  it('give data keys, in the clear and encrypted', async () => {
    const { Plaintext, CiphertextBlob } = await call('GenerateDataKey', {
      KeyId: key.physicalId,
      KeySpec: 'AES_256',
    });
    expect(Plaintext).toHaveLength(32);
    expect(Buffer.from((await call('Decrypt', { CiphertextBlob })).Plaintext)).toEqual(
      Buffer.from(Plaintext),
    );
  });

  it('fail to decrypt under another encryption context, and what was damaged', async () => {
    const { CiphertextBlob } = await encrypt({ EncryptionContext: { a: '1', b: '2' } });
    const ordered = await call('Decrypt', { CiphertextBlob, EncryptionContext: { b: '2', a: '1' } });
    expect(Buffer.from(ordered.Plaintext).toString()).toBe('secret');
    await expect(call('Decrypt', { CiphertextBlob })).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    });
    const damaged = Buffer.from(CiphertextBlob);
    damaged[damaged.length - 1] = (damaged.at(-1) as number) ^ 1;
    const input = { CiphertextBlob: damaged, EncryptionContext: { a: '1', b: '2' } };
    await expect(call('Decrypt', input)).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  });

  it('fail when disabled, deleted or unknown', async () => {
    const context = resourceContext('Test', 'Key');
    await provider('AWS::KMS::Key').update({ Enabled: false }, context, { state: key, properties: {} });
    await expect(encrypt()).rejects.toMatchObject({ name: 'DisabledException' });
    await provider('AWS::KMS::Key').delete(key, context, {});
    await expect(encrypt()).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
    await expect(encrypt({ KeyId: 'alias/nobody' })).rejects.toThrow('alias/nobody is not found');
  });

  it('keep their material through updates', async () => {
    const { CiphertextBlob } = await encrypt();
    const context = resourceContext('Test', 'Key');
    const changed = await provider('AWS::KMS::Key').update({ Description: 'new' }, context, {
      state: key,
      properties: {},
    });
    expect(changed.physicalId).toBe(key.physicalId);
    expect(Buffer.from((await call('Decrypt', { CiphertextBlob })).Plaintext).toString()).toBe('secret');
  });
});

describe('key policies', () => {
  const statements = [{ Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }] as const;
  const as = (roleArn: string): Principal => ({ kind: 'role', roleArn, sessionName: 'test' });

  it('leave it to the roles where they name the account, as the default does', async () => {
    const { physicalId: KeyId } = await createKey();
    const may = as(putRole(running.host, 'may', 'lambda.amazonaws.com', statements));
    const mayNot = as(putRole(running.host, 'may-not', 'lambda.amazonaws.com'));
    const input = { KeyId, Plaintext: Buffer.from('x') };
    await expect(call('Encrypt', input, may)).resolves.toBeDefined();
    await expect(call('Encrypt', input, mayNot)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('let in nobody whom they do not name', async () => {
    const role = putRole(running.host, 'may', 'lambda.amazonaws.com', statements);
    const policyFor = (AWS: string) => ({
      KeyPolicy: { Statement: [{ Effect: 'Allow', Principal: { AWS }, Action: 'kms:*', Resource: '*' }] },
    });
    const other = await createKey(policyFor('arn:aws:iam::000000000000:role/other'), 'Other');
    const own = await createKey(policyFor(role), 'Own');
    const input = { Plaintext: Buffer.from('x') };
    await expect(call('Encrypt', { ...input, KeyId: other.physicalId }, as(role))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await expect(call('Encrypt', { ...input, KeyId: own.physicalId }, as(role))).resolves.toBeDefined();
  });
});

it('fails on a key that it cannot have', () =>
  expect(createKey({ KeySpec: 'RSA_2048' })).rejects.toThrow(
    'AWS::KMS::Key Test/Key: property KeySpec must be SYMMETRIC_DEFAULT',
  ));
