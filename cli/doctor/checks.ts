import { checkBootstrap } from './account.ts';
import { checkAlarms } from './alarms.ts';
import { checkBuildParameters, checkBuildQuotas, checkBuildSecrets } from './builds.ts';
import { checkCertificates } from './certificates.ts';
import { checkConnections } from './connections.ts';
import { checkDeadLetters } from './dead-letters.ts';
import { checkDefinitions } from './definitions.ts';
import type { Finding } from './finding.ts';
import { checkKeys } from './keys.ts';
import { checkLeftovers } from './leftovers.ts';
import { checkPeople } from './people.ts';
import type { Place } from './place.ts';
import { checkAddresses, checkConcurrency, checkVcpus, checkVpcs } from './quotas.ts';
import { checkServiceLinkedRoles } from './service-linked-roles.ts';
import { checkSubscriptions } from './subscriptions.ts';

/** One thing that is looked at in each place. */
export interface Check {
  /** As in "Could not look at …". */
  readonly subject: string;
  /** Reads only. @throws what the service answers if it does not let us look */
  readonly look: (place: Place) => Promise<readonly Finding[]>;
}

/** Everything that is looked at, in the order of the report. */
export const checks: readonly Check[] = [
  { subject: "CDK's bootstrap stack", look: checkBootstrap },
  { subject: 'vCPUs', look: checkVcpus },
  { subject: 'Elastic IP addresses', look: checkAddresses },
  { subject: 'VPCs', look: checkVpcs },
  { subject: "Lambda's concurrency", look: checkConcurrency },
  { subject: "CodeBuild's quotas", look: checkBuildQuotas },
  { subject: 'parameters that builds read', look: checkBuildParameters },
  { subject: 'secrets that builds read', look: checkBuildSecrets },
  { subject: 'service-linked roles', look: checkServiceLinkedRoles },
  { subject: 'connections', look: checkConnections },
  { subject: 'certificates', look: checkCertificates },
  { subject: 'subscriptions', look: checkSubscriptions },
  { subject: 'approvers', look: checkPeople },
  { subject: 'alarms', look: checkAlarms },
  { subject: 'dead letters', look: checkDeadLetters },
  { subject: 'state machines', look: checkDefinitions },
  { subject: 'keys', look: checkKeys },
  { subject: 'what was left behind', look: checkLeftovers },
];
