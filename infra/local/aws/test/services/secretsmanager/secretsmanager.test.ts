import fc from 'fast-check';
import { resourceContext } from '../../../assembly/stack-records.ts';
import type { Principal, ResourceProperties, ResourceState } from '../../../host.ts';
import { createKmsService } from '../../../services/kms/kms.ts';
import { generatePassword } from '../../../services/secretsmanager/generate.ts';
import { createSecretsManagerService } from '../../../services/secretsmanager/secretsmanager.ts';
import { putRole, startHost, type TestHost, temporaryFolders } from '../../assembly/assembly-host.ts';

const newFolder = temporaryFolders();
let running: TestHost;

beforeEach(async () => {
  running = await startHost(newFolder(), [createKmsService, createSecretsManagerService]);
});
afterEach(() => running.stop());

const context = resourceContext('Test', 'Secret');
const provider = () => {
  const found = running.host.service('secretsmanager')?.resources['AWS::SecretsManager::Secret'];
  if (!found) throw new Error('no provider of secrets');
  return found;
};
const create = async (properties: ResourceProperties) => provider().create(properties, context);
const value = async (SecretId: string, principal: Principal = { kind: 'administrator' }) =>
  (
    await running.host.call<{ SecretString: string }>(principal, 'secretsmanager', 'GetSecretValue', {
      SecretId,
    })
  ).SecretString;

describe('secrets', () => {
  const generated = {
    Name: 'session',
    GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true },
  };

  it('are generated once, and stay through restarts and other updates', async () => {
    const state = await create(generated);
    const secret = await value(state.physicalId);
    expect(secret).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(await create(generated)).toEqual(state);
    await provider().update({ ...generated, Description: 'new' }, context, { state, properties: generated });
    running = await running.killAndRestart();
    expect(await value('session')).toBe(secret);
    expect(await value(state.physicalId.slice(0, -7))).toBe(secret);
  });

  it('are generated again when the rules change', async () => {
    const state = await create(generated);
    const changed = { ...generated, GenerateSecretString: { PasswordLength: 20 } };
    await provider().update(changed, context, { state, properties: generated });
    expect(await value('session')).toHaveLength(20);
  });

  it('may be a member of an object', async () => {
    const rules = {
      SecretStringTemplate: '{"user":"quinn"}',
      GenerateStringKey: 'password',
      PasswordLength: 12,
    };
    const { physicalId } = await create({ GenerateSecretString: rules });
    const { user, password } = JSON.parse(await value(physicalId));
    expect([user, password.length]).toEqual(['quinn', 12]);
  });

  it('are made by people, once, under a name that templates refer to', async () => {
    const make = (input: object) =>
      running.host.call<{ ARN: string }>({ kind: 'administrator' }, 'secretsmanager', 'CreateSecret', {
        Name: 'company',
        ...input,
      });
    await expect(make({})).rejects.toMatchObject({ name: 'InvalidParameterException' });
    const { ARN } = await make({ SecretString: 'first' });
    expect(ARN).toMatch(/:secret:company-[0-9a-f]{6}$/);
    expect([await value(ARN), await value('company')]).toEqual(['first', 'first']);
    await expect(make({ SecretString: 'second' })).rejects.toMatchObject({ name: 'ResourceExistsException' });
    expect(await value(ARN)).toBe('first');
  });

  it('are never in the log', async () => {
    const { physicalId } = await create({ SecretString: 'hunter2 hunter2' });
    expect(await value(physicalId)).toBe('hunter2 hunter2');
    expect(JSON.stringify(running.log)).not.toContain('hunter2');
  });

  it('are read by roles that may, and with a key of their own only by those that may use it', async () => {
    const key = (await running.host
      .service('kms')
      ?.resources['AWS::KMS::Key']?.create({}, resourceContext('Test', 'Key'))) as ResourceState;
    const { physicalId } = await create({ SecretString: 'x', KmsKeyId: key.attributes.Arn });
    const read = { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: physicalId } as const;
    const decrypt = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' } as const;
    const as = (...statements: Parameters<typeof putRole>[3] & object[]): Principal => ({
      kind: 'role',
      roleArn: putRole(running.host, `role${statements.length}`, 'lambda.amazonaws.com', statements),
      sessionName: 'test',
    });
    await expect(value(physicalId, as())).rejects.toThrow('secretsmanager:GetSecretValue');
    await expect(value(physicalId, as(read))).rejects.toThrow('kms:Decrypt');
    expect(await value(physicalId, as(read, decrypt))).toBe('x');
  });

  it('are also there that somebody stored by hand, under the ARN that a template names', async () => {
    const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:lockstep/token-a1B2c3';
    const secretsmanager = createSecretsManagerService(running.host);
    secretsmanager.keep(arn, 'first');
    secretsmanager.keep(arn, 'second');
    expect(await value(arn)).toBe('second');
    expect(await value('lockstep/token')).toBe('second');
  });

  it('fail when they do not exist', () =>
    expect(value('nobody')).rejects.toThrow("Secrets Manager can't find the specified secret."));

  it('fail on rules that cannot be met', () =>
    expect(create({ GenerateSecretString: { PasswordLength: 2 } })).rejects.toThrow(
      'AWS::SecretsManager::Secret Test/Secret: property GenerateSecretString.PasswordLength cannot be met',
    ));
});

describe('generatePassword', () => {
  it('has the length, each kind that is allowed, and nothing that is excluded', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 100 }),
        fc.string({ maxLength: 5 }),
        fc.boolean(),
        (length, excludeCharacters, excludePunctuation) => {
          const password = generatePassword({ length, excludeCharacters, excludePunctuation });
          expect(password).toHaveLength(length);
          for (const character of excludeCharacters) expect(password).not.toContain(character);
          expect(password).toMatch(/[a-z]/);
          expect(password).toMatch(/[A-Z]/);
          expect(password).toMatch(/[0-9]/);
          expect(/[^A-Za-z0-9]/.test(password)).toBe(!excludePunctuation);
        },
      ),
    ));
});
