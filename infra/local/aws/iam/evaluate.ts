import type { Policy, Question } from './policy.ts';

/** A question with the policies that have a say in it. */
interface Request extends Question {
  /** The role's own policies; none for a service principal. */
  readonly identityPolicies: readonly Policy[];
  /** The policy attached to the resource, if it has one. */
  readonly resourcePolicy?: Policy | undefined;
  /** A boundary that the identity's policies may not exceed. */
  readonly boundary?: Policy | undefined;
}

/** The outcome. `reason` is the end of AWS's sentence "User: … is not authorized to perform: … on resource: …". */
type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

const allowed: Decision = { allowed: true };
const denied = (reason: string): Decision => ({ allowed: false, reason });

/**
 * Whether policies allow an access, within one account: an explicit deny wins; otherwise the identity's policies or the
 * resource's policy must allow it. Keys and roles (`sts:AssumeRole`) always need their own policy's consent, and for a
 * service principal only the resource's policy counts.
 * Source: IAM user guide, "Policy evaluation logic"; KMS developer guide, "Key policies".
 */
export const evaluate = (request: Request): Decision => {
  const { action, caller, identityPolicies, resourcePolicy, boundary } = request;
  const identity = identityPolicies.map((policy) => policy.opinion(request));
  const resource = resourcePolicy?.opinion(request) ?? 'nothing';
  const limit = boundary?.opinion(request) ?? 'allow';

  if (identity.includes('deny')) return denied('with an explicit deny in an identity-based policy');
  if (resource === 'deny') return denied('with an explicit deny in a resource-based policy');
  if (limit === 'deny') return denied('with an explicit deny in a permissions boundary');
  if (resource === 'allow') return allowed;
  if (caller.service !== undefined)
    return denied(`because no resource-based policy allows the ${action} action`);
  if (resource !== 'delegate' && needsConsent(action, request.resource)) {
    return denied(`because no resource-based policy allows the ${action} action`);
  }
  if (!identity.includes('allow')) {
    return denied(`because no identity-based policy allows the ${action} action`);
  }
  if (limit !== 'allow') return denied(`because no permissions boundary allows the ${action} action`);
  return allowed;
};

/**
 * Actions that the resource's own policy must allow, by naming the caller or by leaving it to IAM. Aliases of keys have no
 * policy of their own.
 */
const needsConsent = (action: string, resource: string): boolean =>
  (action.toLowerCase().startsWith('kms:') && resource.includes(':key/')) ||
  action.toLowerCase() === 'sts:assumerole';
