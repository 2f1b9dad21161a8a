import { parsedList } from '../../tasks/json.ts';

/** What the configuration says about a company's identity provider. */
export interface CompanyProvider {
  readonly name: string;
  /** Whether its addresses count as verified: always, never, or as the attribute `email_verified` says. */
  readonly emailVerified: boolean | 'claim';
  /** Names of the company's groups, by role. */
  readonly groups: Readonly<Record<'qc' | 'pmo' | 'operators', readonly string[]>>;
}

/** What a company's provider says about a person, as far as the configuration trusts it. */
interface CompanyAccount {
  /** Lockstep's own: `qc`, `pmo`, `operator`. */
  readonly groups: readonly string[];
  /** Lower case; empty unless it is verified. */
  readonly verifiedEmail: string;
}

/** The attribute of the user pool that keeps the company's groups. */
export const COMPANY_GROUPS = 'custom:groups';

const nobody: CompanyAccount = { groups: [], verifiedEmail: '' };

/**
 * Reads the account of somebody who signs in at a company's provider. An account of several providers, or of one that is
 * not configured, has no role and no verified address: the pool does not say which of them wrote an attribute.
 * @param attributes the user's, as the pool has them
 * @returns undefined for an account of the pool itself
 */
export function companyAccount(
  attributes: Readonly<Record<string, string>>,
  providers: readonly CompanyProvider[],
): CompanyAccount | undefined {
  const names = providerNames(attributes.identities);
  if (names.length === 0) return undefined;
  const [provider, ...others] = providers.filter(({ name }) => name === names[0]);
  if (!provider || others.length > 0 || names.length > 1) return nobody;
  const { qc, pmo, operators } = provider.groups;
  const sent = companyGroups(attributes[COMPANY_GROUPS] ?? '');
  const isIn = (groups: readonly string[]) => groups.some((name) => sent.has(name));
  const isVerified =
    provider.emailVerified === 'claim' ? attributes.email_verified === 'true' : provider.emailVerified;
  return {
    groups: Object.entries({ qc, pmo, operator: operators }).flatMap(([role, groups]) =>
      isIn(groups) ? [role] : [],
    ),
    verifiedEmail: isVerified ? (attributes.email ?? '').trim().toLowerCase() : '',
  };
}

/** Names of the providers of an account: Cognito keeps a list as JSON text. What cannot be read is of no known provider. */
function providerNames(identities: string | undefined): readonly string[] {
  if (identities === undefined || identities === '') return [];
  const parsed = parsedList(identities);
  return parsed
    ? parsed.map((one) => String((one as { providerName?: unknown } | null)?.providerName))
    : [''];
}

/**
 * Names of groups in the text that Cognito keeps of a claim: one name as it is; several as a list in brackets or as JSON
 * text, where it may have form-encoded each name. A name is whole or nothing: no other separators count.
 */
export function companyGroups(text: string): ReadonlySet<string> {
  const names =
    parsedList(text)?.filter((name) => typeof name === 'string') ??
    (/^\[.*\]$/s.test(text) ? text.slice(1, -1).split(',') : undefined);
  if (!names) return new Set([text.trim()].filter(Boolean));
  return new Set(names.flatMap((name) => [name.trim(), formDecoded(name.trim())]).filter(Boolean));
}

function formDecoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
