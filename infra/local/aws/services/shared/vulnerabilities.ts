import type { Host } from '../../host.ts';

/** A vulnerability that Inspector knows. */
export interface Vulnerability {
  /** `CVE-2026-1234`. */
  readonly vulnerabilityId: string;
  readonly packageName: string;
  readonly severity: 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW' | 'INFORMATIONAL' | 'UNTRIAGED';
  readonly title: string;
  /** The first version without it; absent while there is no fix. */
  readonly fixedIn?: string;
  /** Whether CISA's catalog of known exploited vulnerabilities has it. */
  readonly isKnownExploited?: boolean;
}

/** What Inspector knows here, by vulnerability: nothing, until somebody puts it there. */
export const vulnerabilitiesOf = ({ store }: Pick<Host, 'store'>) =>
  store.table<Vulnerability>('inspector2.vulnerabilities');

/** A package that is installed somewhere. */
interface Installed {
  readonly name: string;
  readonly version: string;
}

/** A vulnerability of what is installed. */
export interface KnownAbout {
  readonly vulnerability: Vulnerability;
  readonly installed: Installed;
}

/** What the instances of an AMI have installed, by the AMI's id. */
export const installedOf = ({ store }: Pick<Host, 'store'>) =>
  store.table<readonly Installed[]>('inspector2.installed');

/** Compares versions as people read them: near enough to a package manager's order for what is installed here. */
const versions = new Intl.Collator('en', { numeric: true });

const isVulnerable = ({ packageName, fixedIn }: Vulnerability, { name, version }: Installed): boolean =>
  name === packageName && (fixedIn === undefined || versions.compare(version, fixedIn) < 0);

/** What is known now about installed packages. */
export const knownAbout = (
  host: Pick<Host, 'store'>,
  installed: readonly Installed[],
): readonly KnownAbout[] =>
  vulnerabilitiesOf(host)
    .values()
    .flatMap((vulnerability) =>
      installed
        .filter((one) => isVulnerable(vulnerability, one))
        .map((one) => ({ vulnerability, installed: one })),
    );

const partsOf = (text: string) => {
  const [, epoch, version = text, release] = /^(?:(\d+):)?([^-]+)(?:-(.+))?$/.exec(text) ?? [];
  return { version, ...(epoch !== undefined && { epoch: Number(epoch) }), ...(release && { release }) };
};

/** A finding, as far as Inspector and Image Builder tell it alike. @param at in ms */
export const describeKnown = ({ vulnerability, installed }: KnownAbout, at: number) => {
  const { vulnerabilityId, packageName, severity, title, fixedIn } = vulnerability;
  return {
    type: 'PACKAGE_VULNERABILITY' as const,
    title: `${vulnerabilityId} - ${packageName}`,
    description: title,
    severity,
    fixAvailable: fixedIn === undefined ? ('NO' as const) : ('YES' as const),
    firstObservedAt: new Date(at),
    updatedAt: new Date(at),
    packageVulnerabilityDetails: {
      vulnerabilityId,
      source: 'AMAZON_CVE',
      vulnerablePackages: [
        {
          name: packageName,
          ...partsOf(installed.version),
          packageManager: 'OS' as const,
          fixedInVersion: fixedIn ?? 'NotAvailable',
        },
      ],
    },
  };
};
