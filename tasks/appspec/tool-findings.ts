import type { ConfiguredApplication, Finding, RevisionFile } from './revision.ts';
import type { HookScript } from './script-findings.ts';
import { type ShellCommand, shellCommands, unquoted } from './shell-commands.ts';

/** A program that Amazon Linux 2023 does not have by itself. */
interface Missing {
  /** The configuration's `runtime` that brings it. */
  readonly runtime?: string;
  /** Packages that bring it. */
  readonly packages?: readonly string[];
  readonly remedy?: string;
}

const withPackage = (...packages: string[]): Missing => ({ packages });
const useDnf: Missing = {
  remedy: 'Amazon Linux 2023 has dnf instead, and names of packages differ.',
};

/** From Amazon Linux 2023's user guide and release notes ("Packages not in AL2023"), and what Lockstep's images get. */
const missing: Readonly<Record<string, Missing>> = {
  node: { runtime: 'nodejs', packages: ['nodejs', 'nodejs24', 'nodejs22', 'nodejs20'] },
  npm: { runtime: 'nodejs', packages: ['npm', 'nodejs24-npm', 'nodejs22-npm', 'nodejs', 'nodejs20'] },
  npx: { runtime: 'nodejs', packages: ['npm', 'nodejs24-npm', 'nodejs22-npm', 'nodejs', 'nodejs20'] },
  java: { runtime: 'java' },
  'python3.11': { runtime: 'python', packages: ['python3.11'] },
  python: { remedy: "Amazon Linux 2023 names it python3, and Lockstep's runtime python3.11." },
  pip: { packages: ['python3-pip'], remedy: 'Write python3.11 -m pip, with runtime python.' },
  pip3: { packages: ['python3-pip'], remedy: 'Write python3.11 -m pip, with runtime python.' },
  'apt-get': useDnf,
  apt: useDnf,
  dpkg: useDnf,
  'add-apt-repository': useDnf,
  'amazon-linux-extras': useDnf,
  'update-rc.d': { remedy: 'Use systemctl enable.' },
  chkconfig: { remedy: 'Use systemctl enable.', packages: ['chkconfig'] },
  initctl: { remedy: 'Use systemctl.' },
  ufw: { remedy: 'Security groups filter traffic already.' },
  crontab: { packages: ['cronie'], remedy: 'Use a systemd timer, or install cronie.' },
  docker: withPackage('docker'),
  'docker-compose': withPackage('docker-compose', 'docker-compose-plugin'),
  nginx: withPackage('nginx'),
  httpd: withPackage('httpd'),
  apachectl: withPackage('httpd'),
  apache2: { remedy: 'Amazon Linux names it httpd.' },
  a2ensite: { remedy: 'Amazon Linux names Apache httpd, and has no a2ensite.' },
  php: withPackage('php', 'php8.4', 'php8.3', 'php8.2', 'php8.1'),
  composer: withPackage('composer'),
  go: withPackage('golang'),
  git: withPackage('git'),
  make: withPackage('make'),
  gcc: withPackage('gcc'),
  mvn: withPackage('maven'),
  gradle: withPackage('gradle'),
  mysql: withPackage('mariadb105', 'mariadb1011-client-utils'),
  psql: withPackage('postgresql15', 'postgresql16', 'postgresql17'),
  'redis-cli': withPackage('redis6', 'valkey'),
  yarn: { remedy: 'Install it first: npm install --global yarn.', packages: ['yarn'] },
  pnpm: { remedy: 'Install it first: npm install --global pnpm.', packages: ['pnpm'] },
  pm2: { remedy: 'Install it first: npm install --global pm2; or write a systemd unit.', packages: ['pm2'] },
  forever: { remedy: 'Write a systemd unit instead.', packages: ['forever'] },
  bundle: withPackage('rubygem-bundler'),
  certbot: withPackage('certbot'),
  supervisorctl: withPackage('supervisor'),
};

const remedyOf = (tool: string, { runtime, packages, remedy }: Missing): string =>
  remedy ??
  (runtime
    ? `Set runtime to ${runtime}, or install it in the image.`
    : `Install it in the image (image.packages), or with dnf -y install ${packages?.[0] ?? tool} in BeforeInstall.`);

/** What the scripts install by themselves, in words of their commands. */
const installedBy = (commands: readonly ShellCommand[]): ReadonlySet<string> =>
  new Set(
    commands
      .filter(
        ({ words }) =>
          /^(?:dnf|yum|npm|rpm|pip3?|python[\d.]*)$/.test(words[0] ?? '') &&
          words.some((one) => /^(?:install|i|-\w*i\w*|localinstall)$/.test(one)),
      )
      .flatMap(({ words }) => words.map((one) => unquoted(one).replace(/@[\d.^~]+$/, ''))),
  );

const isGuarded = (text: string, tool: string): boolean =>
  new RegExp(`(?:command -v|which|type|hash) ["']?${tool.replace(/[.]/g, '\\$&')}\\b`).test(text);

/** Units that Amazon Linux 2023 has by itself. */
const OWN_UNITS =
  /^(?:sshd|amazon-ssm-agent|codedeploy-agent|systemd-.*|chronyd|dbus.*|network.*|rsyslog|auditd|multi-user\.target|.*\.(?:target|timer|socket|mount|slice))$/;
/** Units that come with a package. */
const packageUnits: Readonly<Record<string, readonly string[]>> = {
  docker: ['docker'],
  nginx: ['nginx'],
  httpd: ['httpd'],
  crond: ['cronie'],
  'php-fpm': ['php-fpm', 'php8.4-fpm', 'php8.3-fpm', 'php8.2-fpm', 'php8.1-fpm'],
};

const VERBS = /^(?:start|restart|reload|enable|try-restart|reload-or-restart)$/;

/** Units that a command starts or enables, without `.service`. */
const unitsOf = ({ words }: ShellCommand): readonly string[] => {
  const [command, ...rest] = words.map(unquoted);
  const operands = rest.filter((one) => !one.startsWith('-'));
  if (command === 'systemctl' && VERBS.test(operands[0] ?? ''))
    return operands.slice(1).map((one) => one.replace(/\.service$/, ''));
  if (command === 'service' && VERBS.test(operands[1] ?? '')) return [operands[0] ?? ''];
  return [];
};

/** What hooks call that the image does not have, as far as it is known, and units that nothing installs. */
export function toolFindings(
  scripts: readonly HookScript[],
  files: readonly RevisionFile[],
  application: ConfiguredApplication,
): readonly Finding[] {
  const all = scripts.flatMap(({ file }) => shellCommands(file.text ?? ''));
  const installed = new Set([...installedBy(all), ...application.packages]);
  const everything = scripts.map(({ file }) => file.text ?? '').join('\n');
  const has = (packages: readonly string[]) => packages.some((one) => installed.has(one));
  const isUnitThere = (unit: string) =>
    OWN_UNITS.test(unit) ||
    /[$*`@]/.test(unit) ||
    has(packageUnits[unit] ?? [unit]) ||
    files.some(
      ({ path }) =>
        path
          .split('/')
          .at(-1)
          ?.replace(/\.template$/, '') === `${unit}.service`,
    ) ||
    everything.includes(`/${unit}.service`);
  return scripts.flatMap(({ file, events: [event] }) => {
    const told = new Set<string>();
    return shellCommands(file.text ?? '').flatMap((command): Finding[] => {
      const tool = unquoted(command.words[0] ?? '').replace(/^\/(?:usr\/)?s?bin\//, '');
      const lack = Object.hasOwn(missing, tool) ? missing[tool] : undefined;
      const at = { file: file.path, line: command.line, ...(event !== undefined && { event }) };
      // What the team's own image has is not known here.
      const severity = application.hasOwnImage ? 'note' : 'warning';
      const found: Finding[] = [];
      const isLacking =
        lack !== undefined &&
        lack.runtime !== application.runtime &&
        !has([tool, ...(lack.packages ?? [])]) &&
        !isGuarded(file.text ?? '', tool) &&
        // A virtual environment has its own.
        !(/^(?:python|pip3?)$/.test(tool) && /\bv(?:irtual)?env\b/.test(everything)) &&
        !(tool === 'java' && [...installed].some((one) => /^java-|corretto/.test(one)));
      if (isLacking && !told.has(tool)) {
        told.add(tool);
        found.push({
          ...at,
          severity,
          text: `${tool} is not in the image of ${application.name} (Amazon Linux 2023, runtime ${application.runtime}). ${remedyOf(tool, lack)}`,
        });
      }
      for (const unit of unitsOf(command))
        if (!isUnitThere(unit) && !told.has(`unit ${unit}`)) {
          told.add(`unit ${unit}`);
          found.push({
            ...at,
            severity,
            text: `Nothing in the revision installs the unit ${unit}.service. Copy one to /etc/systemd/system in BeforeInstall or AfterInstall, or install its package.`,
          });
        }
      return found;
    });
  });
}
