import type { KeyObject } from 'node:crypto';

/** What every valid configuration here has. */
export const shared = {
  approvers: { qc: ['quinn@example.com'], pmo: ['parker@example.com'] },
  operators: ['olga@example.com'],
};
export const one = { name: 'orders', runtime: 'nodejs' };

/** A configuration with one application. */
export const config = (application: object = {}, rest: object = {}) => ({
  ...shared,
  applications: [{ ...one, ...application }],
  ...rest,
});

export const gitHub = {
  connectionArn: 'arn:aws:codeconnections:us-east-1:123456789012:connection/1',
  repository: 'example/orders',
  tokenSecretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:github-a1B2c3',
};

/** A public key as people give it. */
export const publicPem = ({ publicKey }: { readonly publicKey: KeyObject }): string =>
  publicKey.export({ type: 'spki', format: 'pem' }).toString();

export const https = {
  domainName: 'orders.example.com',
  certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0000',
};
export const existing = {
  vpcId: 'vpc-01234567',
  publicSubnetIds: ['subnet-00000001', 'subnet-00000002'],
  privateSubnetIds: ['subnet-00000003'],
};
