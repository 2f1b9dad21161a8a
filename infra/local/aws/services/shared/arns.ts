import type { Host, Principal } from '../../host.ts';

/** The person at the machine, and what AWS does by itself without a role of the account. */
export const administrator: Principal = { kind: 'administrator' };

/** `arn:<partition>:<service>:<region>:<account>:<resource>` in this run's region and account. */
export const arnOf = (host: Host, service: string, resource: string): string =>
  `arn:${host.partition}:${service}:${host.region}:${host.accountId}:${resource}`;
