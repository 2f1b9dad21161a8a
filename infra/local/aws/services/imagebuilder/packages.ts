import type { Host } from '../../host.ts';
import type { BuildMachine } from '../../instances/container/image-workshop.ts';

/** A package of an image. */
export interface ImagePackage {
  readonly name: string;
  readonly version: string;
}

/** What every image has where nothing is installed: a selection of Amazon Linux 2023's packages. */
const base: Readonly<Record<string, string>> = {
  'amazon-linux-repo-s3': '2023.7.20250331-0.amzn2023',
  bash: '5.2.15-1.amzn2023.0.2',
  'ca-certificates': '2023.2.68-1.0.amzn2023.0.1',
  chrony: '4.3-1.amzn2023.0.4',
  'codedeploy-agent': '1.8.0-24',
  coreutils: '8.32-30.amzn2023.0.3',
  'curl-minimal': '8.5.0-1.amzn2023.0.4',
  dnf: '4.14.0-1.amzn2023.0.6',
  expat: '2.6.3-1.amzn2023.0.1',
  glibc: '2.34-117.amzn2023.0.1',
  'gnupg2-minimal': '2.3.7-1.amzn2023.0.4',
  gzip: '1.12-1.amzn2023.0.1',
  kernel: '6.1.131-143.221.amzn2023',
  'krb5-libs': '1.21.3-1.amzn2023.0.1',
  libxml2: '2.10.4-1.amzn2023.0.7',
  openssl: '1:3.0.8-1.amzn2023.0.21',
  'openssl-libs': '1:3.0.8-1.amzn2023.0.21',
  'openssh-server': '8.7p1-8.amzn2023.0.14',
  pam: '1.5.1-8.amzn2023.0.4',
  python3: '3.9.21-1.amzn2023.0.1',
  rpm: '4.16.1.3-29.amzn2023.0.6',
  ruby: '3.2.7-182.amzn2023.0.1',
  sqlite: '3.40.0-1.amzn2023.0.4',
  sudo: '1.9.15-1.p5.amzn2023.0.1',
  systemd: '252.23-3.amzn2023',
  tzdata: '2025a-1.amzn2023.0.1',
  'vim-minimal': '9.1.785-1.amzn2023.0.1',
  xz: '5.2.5-9.amzn2023.0.2',
  zlib: '1.2.11-33.amzn2023.0.5',
};

/** Where nothing is installed, what the distribution's repositories offer instead of `base`, by package; empty for none. */
export const repositoryOf = ({ store }: Host) => store.table<string>('imagebuilder.repository');

/** What a build that installs nothing would find installed now. */
export const simulatedPackages = (host: Host): readonly ImagePackage[] =>
  Object.entries({ ...base, ...Object.fromEntries(repositoryOf(host).entries()) })
    .filter(([, version]) => version !== '')
    .map(([name, version]) => ({ name, version }));

/** Prints name and version of each package, by the package manager that the machine has. */
const LIST = `if command -v rpm >/dev/null && [ -n "$(rpm -qa 2>/dev/null | head -n 1)" ]; then
  rpm -qa --queryformat '%{NAME}\\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\\n'
elif command -v dpkg-query >/dev/null; then
  dpkg-query --show --showformat '\${Package}\\t\${Version}\\n'
fi`;

/** How long listing may take, in ms. */
const PATIENCE_MS = 60_000;

/** The packages that a build's machine has installed; none if it has no package manager. */
export async function installedPackages({ bash }: BuildMachine): Promise<readonly ImagePackage[]> {
  const chunks: Buffer[] = [];
  await bash(LIST, { timeoutMs: PATIENCE_MS, onOutput: (bytes) => void chunks.push(bytes) });
  return Buffer.concat(chunks)
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const [name = '', version = ''] = line.split('\t');
      return name === '' || version === '' ? [] : [{ name, version }];
    });
}
