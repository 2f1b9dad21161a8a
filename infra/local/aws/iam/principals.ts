import type { Principal } from '../host.ts';
import { roleNameOf } from './directory.ts';

/** Where a principal lives. */
export interface Account {
  readonly accountId: string;
  readonly partition: string;
}

/** The name of the person at the machine, who is asked for no policies. */
const ADMINISTRATOR = 'administrator';

/** A principal as AWS shows it: ARN of the session or user; a service by its name. */
export const callerArn = (principal: Principal, { accountId, partition }: Account): string => {
  switch (principal.kind) {
    case 'administrator':
      return `arn:${partition}:iam::${accountId}:user/${ADMINISTRATOR}`;
    case 'role': {
      const name = roleNameOf(principal.roleArn);
      return `arn:${partition}:sts::${accountId}:assumed-role/${name}/${principal.sessionName}`;
    }
    case 'service':
      return principal.service;
  }
};

/** The short name for reports: the role's, or the service's. */
export const callerName = (principal: Principal): string =>
  principal.kind === 'role'
    ? roleNameOf(principal.roleArn)
    : principal.kind === 'service'
      ? principal.service
      : ADMINISTRATOR;

/** A role session's name, made of the resource on whose behalf it is taken on. */
export const sessionNameFor = (sourceArn: string): string => {
  const last = sourceArn.slice(Math.max(sourceArn.lastIndexOf('/'), sourceArn.lastIndexOf(':')) + 1);
  return last.replace(/[^\w+=,.@-]/g, '-').slice(0, 64) || 'session';
};
