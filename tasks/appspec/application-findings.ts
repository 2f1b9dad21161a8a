import type { ConfiguredApplication, Finding, RevisionFile } from './revision.ts';

/** What CodePipeline takes as a source artifact from CodeCommit or a connection (its quotas). */
const LARGEST_BYTES = 1024 ** 3;

const SECRET_NAMES =
  /(?:^|\/)(?:\.env(?:\.(?!example$|sample$|template$|dist$|defaults?$)[\w.-]+)?|[^/]+\.(?:pem|key|p12|pfx|jks|keystore)|id_(?:rsa|dsa|ecdsa|ed25519)|\.aws\/credentials|\.pgpass|\.netrc|terraform\.tfstate)$/;
const PRIVATE_KEY = /^-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/m;
const REGISTRY_TOKEN = /_authToken=(?!\$\{)\S+/;

const secretIn = ({ path, text }: RevisionFile): string | undefined => {
  if (text !== undefined && PRIVATE_KEY.test(text)) return 'It holds a private key.';
  if (/(?:^|\/)\.npmrc$/.test(path) && REGISTRY_TOKEN.test(text ?? ''))
    return 'It holds a token of a registry.';
  // Certificates alone, and public keys, are no secrets.
  if (/\.(?:pem|key)$/.test(path) && /-----BEGIN (?:CERTIFICATE|PUBLIC KEY)/.test(text ?? ''))
    return undefined;
  return SECRET_NAMES.test(path) ? 'Files of this name usually hold secrets.' : undefined;
};

const ofSecrets = (files: readonly RevisionFile[]): readonly Finding[] =>
  files.flatMap((file): Finding[] => {
    const why = secretIn(file);
    return why === undefined
      ? []
      : [
          {
            severity: 'warning',
            file: file.path,
            text: `${why} Everybody who reads the repository, the artifacts or an instance gets it. Take it out of the repository, change it, and read it from Secrets Manager or SSM when the application starts.`,
          },
        ];
  });

const ofSize = (files: readonly RevisionFile[]): readonly Finding[] => {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const largest = files.toSorted((one, other) => other.size - one.size)[0];
  return total <= LARGEST_BYTES || largest === undefined
    ? []
    : [
        {
          severity: 'warning',
          file: largest.path,
          text: `The revision has ${Math.round(total / 1024 ** 2)} MiB, of which this file has ${Math.round(largest.size / 1024 ** 2)}. CodePipeline takes 1 GB, packed. Keep large files in S3.`,
        },
      ];
};

/** Code, as far as a name tells: no documents, tests, packages of others, or locks. */
const isCode = ({ path, text }: RevisionFile): boolean =>
  text !== undefined &&
  !/(?:^|\/)(?:node_modules|vendor|tests?|spec|docs?|__tests__)\//.test(path) &&
  !/\.(?:md|rst|txt|lock|svg|css)$|(?:package-lock|npm-shrinkwrap)\.json$|\.(?:test|spec)\.\w+$|_test\.go$/.test(
    path,
  ) &&
  !/(?:^|\/)(?:appspec|buildspec)\.ya?ml$/.test(path);

const PORTS: readonly RegExp[] = [
  /\.listen\(\s*(\d{2,5})\b/,
  /\bPORT\b['"\])]*\s*(?:\|\||\?\?)\s*['"]?(\d{2,5})\b/,
  /\bserver\.port\s*[=:]\s*(\d{2,5})\b/,
  /\bapp\.run\([^)]*\bport\s*=\s*(\d{2,5})\b/,
  /\bListenAndServe(?:TLS)?\(\s*"[\w.]*:(\d{2,5})"/,
  /--(?:server\.)?port[= ](\d{2,5})\b/,
  /(?:--bind[= ]|\s-b\s+)[\w.[\]:]*:(\d{2,5})\b/,
];

/** A port that a line of code names, as far as its text tells. */
interface ListenedPort {
  readonly path: string;
  readonly line: number;
  readonly given: number;
  /** Whether the variable PORT replaces it. */
  readonly isDefault: boolean;
}

/** Ports that the code seems to listen on. A guess from the text. */
export const listenedPorts = (files: readonly RevisionFile[]): readonly ListenedPort[] =>
  files.filter(isCode).flatMap(({ path, text = '' }) =>
    text.split('\n').flatMap((line, index) =>
      PORTS.flatMap((pattern) => {
        const given = pattern.exec(line)?.[1];
        return given === undefined
          ? []
          : [{ path, line: index + 1, given: Number(given), isDefault: /\bPORT\b/.test(line) }];
      }),
    ),
  );

const ofPort = (
  files: readonly RevisionFile[],
  { port, name }: ConfiguredApplication,
): readonly Finding[] => {
  const code = files.filter(isCode);
  const found = listenedPorts(files);
  const setsPort = code.some(({ text = '' }) => /\b(?:SERVER_)?PORT=["']?[$\d]/.test(text));
  const [first] = found;
  if (first === undefined || found.some(({ given, isDefault }) => given === port || (isDefault && setsPort)))
    return [];
  return [
    {
      severity: 'warning',
      file: first.path,
      line: first.line,
      text: `It seems to listen on port ${first.given}, and ${name} is configured with port ${port} (a guess from the text). Set port to ${first.given}, or let the application listen on $PORT and set that in its unit.`,
    },
  ];
};

const ofLowPort = (
  files: readonly RevisionFile[],
  { port, name }: ConfiguredApplication,
): readonly Finding[] =>
  port >= 1024
    ? []
    : files.flatMap(({ path, text = '' }): Finding[] => {
        const user = path.endsWith('.service') ? /^User=(.+)$/m.exec(text)?.[1]?.trim() : undefined;
        return user === undefined || user === 'root' || /CAP_NET_BIND_SERVICE/.test(text)
          ? []
          : [
              {
                severity: 'warning',
                file: path,
                line: text.slice(0, text.search(/^User=/m)).split('\n').length,
                text: `It runs as ${user}, and only root may listen on port ${port}, which is below 1024. Add AmbientCapabilities=CAP_NET_BIND_SERVICE, or set port of ${name} to 8080: the load balancer listens on 80 anyway.`,
              },
            ];
      });

const isHealthCheckThere = (files: readonly RevisionFile[], health: string): boolean => {
  const last = health.split('/').filter(Boolean).at(-1) ?? '';
  const inQuotes = new RegExp(`["'/\`]${last.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}["'/\`]`);
  return (
    files.some(
      ({ path }) => path.endsWith(health.slice(1)) || path.endsWith(`${health.slice(1)}/index.html`),
    ) ||
    (health.startsWith('/actuator') &&
      files.some(({ text = '' }) => text.includes('spring-boot-starter-actuator'))) ||
    files.filter(isCode).some(({ text = '' }) => text.includes(health) || inQuotes.test(text))
  );
};

/** Paths that applications answer health checks at. */
const USUAL_CHECKS = ['/health', '/healthz', '/api/health', '/healthcheck', '/livez', '/status', '/ping'];

/** A health check that the code seems to answer. A guess from the text. */
export const answeredHealthCheck = (files: readonly RevisionFile[]): string | undefined =>
  USUAL_CHECKS.find((check) =>
    files.filter(isCode).some(({ text = '' }) => new RegExp(`["'\`]${check}/?["'\`]`).test(text)),
  );

const ofHealth = (
  files: readonly RevisionFile[],
  { healthCheckPath: health, name }: ConfiguredApplication,
): readonly Finding[] =>
  health === '/' || !files.some(isCode) || isHealthCheckThere(files, health)
    ? []
    : [
        {
          severity: 'warning',
          file: 'appspec.yml',
          text: `${name} is configured with the health check ${health}, and no code names it (a guess from the text). Without a 200 there, the load balancer sends no requests and the deployment fails. Answer it, or set healthCheckPath to a path that is answered.`,
        },
      ];

/** What usually goes wrong with an application as it is configured: its port, its health check, secrets in it, its size. */
export const applicationFindings = (
  files: readonly RevisionFile[],
  application: ConfiguredApplication,
): readonly Finding[] => [
  ...ofPort(files, application),
  ...ofLowPort(files, application),
  ...ofHealth(files, application),
  ...ofSecrets(files),
  ...ofSize(files),
];
