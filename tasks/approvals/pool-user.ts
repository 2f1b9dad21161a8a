import type { AttributeType } from '@aws-sdk/client-cognito-identity-provider';

/** A user's attributes, by name, as Cognito lists them. */
export const attributesOf = (
  attributes: readonly AttributeType[] | undefined,
): Readonly<Record<string, string>> =>
  Object.fromEntries((attributes ?? []).map(({ Name = '', Value = '' }) => [Name, Value]));

/** The address of an account of the pool, in lower case; empty unless the pool has verified it. */
export const verifiedAddressOf = ({
  email = '',
  email_verified: isVerified,
}: Readonly<Record<string, string>>): string => (isVerified === 'true' ? email.trim().toLowerCase() : '');
