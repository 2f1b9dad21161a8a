import { awsManagedPolicy } from '../../iam/managed-policies.ts';
import { readPolicy } from '../../iam/policy.ts';

const caller = { accountId: '000000000000', arns: ['arn:aws:iam::000000000000:role/r'] };
const arnOf = (name: string) => `arn:aws:iam::aws:policy/${name}`;

it.each([
  ['service-role/AWSLambdaBasicExecutionRole', 'logs:PutLogEvents', true],
  ['service-role/AWSLambdaBasicExecutionRole', 'ec2:CreateNetworkInterface', false],
  ['service-role/AWSLambdaVPCAccessExecutionRole', 'ec2:CreateNetworkInterface', true],
  ['service-role/AWSCodeDeployRole', 'autoscaling:CreateAutoScalingGroup', true],
  // T06: these must be granted besides.
  ['service-role/AWSCodeDeployRole', 'ec2:RunInstances', false],
  ['service-role/AWSCodeDeployRole', 'iam:PassRole', false],
  ['AmazonSSMManagedInstanceCore', 'ssm:GetParameter', true],
  ['AmazonSSMManagedInstanceCore', 's3:GetObject', false],
  ['AWSXRayDaemonWriteAccess', 'xray:PutTraceSegments', true],
  ['CloudWatchAgentServerPolicy', 'cloudwatch:PutMetricData', true],
  ['EC2InstanceProfileForImageBuilder', 'imagebuilder:GetComponent', true],
  // T17: logs to a bucket of one's own need a grant.
  ['EC2InstanceProfileForImageBuilder', 's3:PutObject', false],
  ['EC2InstanceProfileForImageBuilder', 'kms:Decrypt', false],
])('%s on %s: %s', (name, action, isAllowed) => {
  const policy = readPolicy(awsManagedPolicy(arnOf(name)), name);
  const opinion = policy.opinion({ action, resource: '*', caller, context: new Map() });
  expect(opinion).toBe(isAllowed ? 'allow' : 'nothing');
});

it('fails for a policy that is not held, and for one that is not of AWS', () => {
  expect(() => awsManagedPolicy(arnOf('AdministratorAccess'))).toThrow(
    /no document for the managed policy arn:aws:iam::aws:policy\/AdministratorAccess. It knows AWSLambda/,
  );
  expect(() => awsManagedPolicy('arn:aws:iam::000000000000:policy/AWSXRayDaemonWriteAccess')).toThrow(
    'no document',
  );
});
