import os from 'node:os';
import { createClock } from '../../../clock.ts';
import { createHost } from '../../../create-host.ts';
import type { PolicyStatement, Principal } from '../../../host.ts';
import { createIamService } from '../../../services/iam/iam.ts';
import { createStsService } from '../../../services/sts/sts.ts';
import { createMemoryStore } from '../../../store.ts';
import { anyPorts } from '../../endpoint/fixture.ts';
import { policyOf, putRole } from '../../iam/roles.ts';

const workerArn = 'arn:aws:iam::000000000000:role/Worker';
const targetArn = 'arn:aws:iam::000000000000:role/Target';
const worker: Principal = { kind: 'role', roleArn: workerArn, sessionName: 'one' };

const setUp = (trusted: PolicyStatement['Principal'], identity: readonly PolicyStatement[] = []) => {
  const host = createHost({
    stateDir: os.tmpdir(),
    store: createMemoryStore(),
    clock: createClock(() => 0),
    ports: anyPorts,
    log: () => undefined,
  });
  host.register(createIamService(host));
  host.register(createStsService(host));
  putRole(host.store, 'Worker', { inlinePolicies: { P: policyOf(...identity) } });
  putRole(host.store, 'Target', {
    trustPolicy: policyOf({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      ...(trusted && { Principal: trusted }),
    }),
  });
  return host;
};

it('tells who somebody is, without asking for a permission', async () => {
  const host = setUp(undefined);
  expect(await host.call(worker, 'sts', 'GetCallerIdentity', {})).toEqual({
    Account: '000000000000',
    Arn: 'arn:aws:sts::000000000000:assumed-role/Worker/one',
    UserId: 'AROAWORKER:one',
  });
});

it('gives the keys of a role to whom it trusts', async () => {
  const host = setUp({ AWS: workerArn });
  const output = await host.call<{ Credentials: { AccessKeyId: string; SessionToken: string } }>(
    worker,
    'sts',
    'AssumeRole',
    { RoleArn: targetArn, RoleSessionName: 'two' },
  );
  expect(output).toMatchObject({
    Credentials: { Expiration: new Date(3_600_000) },
    AssumedRoleUser: { Arn: 'arn:aws:sts::000000000000:assumed-role/Target/two' },
  });
  const { AccessKeyId, SessionToken } = output.Credentials;
  expect(host.principalOf(AccessKeyId, SessionToken)).toEqual({
    kind: 'role',
    roleArn: targetArn,
    sessionName: 'two',
  });
});

it('needs a policy of the caller where the role trusts the whole account', async () => {
  const root = { AWS: 'arn:aws:iam::000000000000:root' };
  const input = { RoleArn: targetArn, RoleSessionName: 'two' };
  await expect(setUp(root).call(worker, 'sts', 'AssumeRole', input)).rejects.toThrow(
    'no identity-based policy',
  );
  const allowed = setUp(root, [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: targetArn }]);
  await expect(allowed.call(worker, 'sts', 'AssumeRole', input)).resolves.toBeDefined();
});

it('fails for a role that does not trust the caller, does not exist, or gets a bad session name', async () => {
  const identity: PolicyStatement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
  const host = setUp({ Service: 'lambda.amazonaws.com' }, identity);
  const assume = (RoleArn: string, RoleSessionName: string, as: Principal = worker) =>
    host.call(as, 'sts', 'AssumeRole', { RoleArn, RoleSessionName });
  await expect(assume(targetArn, 'two')).rejects.toThrow(
    'no resource-based policy allows the sts:AssumeRole action',
  );
  const administrator: Principal = { kind: 'administrator' };
  await expect(assume(`${targetArn}2`, 'two')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await expect(assume(`${targetArn}2`, 'two', administrator)).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(assume(targetArn, 'a b', administrator)).rejects.toThrow("at 'roleSessionName'");
});
