import { stringify } from 'yaml';
import type { ApplicationKind } from './application-kind.ts';

/** An application as its deployment files need it. */
export interface DeployedKind extends ApplicationKind {
  readonly name: string;
  readonly port: number;
  readonly healthCheckPath: string;
}

/** Hooks: event, script, seconds. */
const HOOKS = [
  ['ApplicationStop', 'application-stop', 60],
  ['BeforeInstall', 'before-install', 60],
  ['AfterInstall', 'after-install', 900],
  ['ApplicationStart', 'application-start', 60],
  ['ValidateService', 'validate-service', 120],
] as const;

const appSpec = ({ name }: DeployedKind): string => `version: 0.0
os: linux
files:
  - source: /
    destination: /opt/${name}
file_exists_behavior: OVERWRITE
hooks:
${HOOKS.map(([event, script, timeout]) => `  ${event}:\n    - location: deploy/${script}.sh\n      timeout: ${timeout}\n`).join('')}`;

const common = ({
  name,
  port,
}: DeployedKind): string => `# Sourced by the hooks. On an instance DESTDIR is empty and PORT is ${port}; on a laptop each instance has its own.
set -eu

name=${name}
# Nobody else runs as this user.
user=app-${name}
unit=${name}.service
PORT="\${PORT:-${port}}"
export PORT
# CodeDeploy runs hooks in the directory of its agent: nothing here depends on it.
revision="$(cd "$(dirname "$0")/.." && pwd)"
app_dir="\${DESTDIR:-}/opt/$name"
pid_file="\${DESTDIR:-}/var/run/$name.pid"
log_file="\${DESTDIR:-}/var/log/$name.log"

# Whether this is a machine of its own, where the hooks are root.
is_machine() { [ -z "\${DESTDIR:-}" ] && [ "$(id -u)" -eq 0 ]; }

# Whether systemd keeps the application running; else the hooks start it.
has_systemd() { is_machine && [ -d /run/systemd/system ]; }

# Runs a command as the application's user.
as_user() {
  if is_machine; then
    runuser -u "$user" -- env HOME="$app_dir" "$@"
  else
    "$@"
  fi
}

# When a process began, which tells it from a later one with the same id.
began() { ps -o lstart= -p "$1" 2>/dev/null; }

# The id of the process that application-start.sh started, if it still runs.
running_pid() {
  [ -f "$pid_file" ] || return 1
  pid=$(head -n 1 "$pid_file")
  [ -n "$pid" ] && [ "$(began "$pid")" = "$(tail -n 1 "$pid_file")" ] && echo "$pid"
}
`;

const script = (what: string, ...lines: readonly string[]): string =>
  `#!/bin/sh\n# ${what}\n. "$(dirname "$0")/common.sh"\n\n${lines.join('\n')}\n`;

const stop = () =>
  script(
    'Stops the application, if it runs: also when it never started. CodeDeploy runs this before the next deployment.',
    'if has_systemd; then',
    '  if systemctl cat "$unit" >/dev/null 2>&1; then systemctl stop "$unit"; fi',
    '  exit 0',
    'fi',
    'pid=$(running_pid) || exit 0',
    'kill "$pid"',
    'waited=0',
    'while running_pid >/dev/null; do',
    '  if [ "$waited" -ge 10 ]; then',
    '    kill -9 "$pid"',
    '    break',
    '  fi',
    '  sleep 1',
    '  waited=$((waited + 1))',
    'done',
    'rm -f "$pid_file"',
  );

const beforeInstall = ({ requirements }: DeployedKind) =>
  script(
    'Fails early where the application could not run, and makes its user.',
    ...requirements,
    'if is_machine && ! id "$user" >/dev/null 2>&1; then',
    '  useradd --system --no-create-home --shell /sbin/nologin "$user"',
    'fi',
    'mkdir -p "$app_dir" "$(dirname "$pid_file")" "$(dirname "$log_file")"',
  );

const afterInstall = ({ setup }: DeployedKind) =>
  script(
    'Makes the installed files ready, and tells systemd of the application.',
    'cd "$app_dir"',
    'if is_machine; then chown -R "$user:" "$app_dir"; fi',
    ...setup,
    'if has_systemd; then',
    '  cp "$revision/deploy/$unit" "/etc/systemd/system/$unit"',
    '  systemctl daemon-reload',
    '  systemctl enable "$unit"',
    'fi',
  );

const start = () =>
  script(
    'Starts the application; validate-service.sh waits until it answers.',
    'if has_systemd; then',
    '  systemctl restart "$unit"',
    '  exit 0',
    'fi',
    'if running_pid >/dev/null; then exit 0; fi',
    `[ -z "\${DESTDIR:-}" ] || export HOST=127.0.0.1`,
    '# CodeDeploy waits while a process holds the output of a hook open, so all of it is redirected.',
    'nohup /bin/sh "$app_dir/deploy/run.sh" >>"$log_file" 2>&1 </dev/null &',
    'pid=$!',
    'printf \'%s\\n%s\\n\' "$pid" "$(began "$pid")" >"$pid_file"',
  );

const validate = ({ healthCheckPath }: DeployedKind) =>
  script(
    'Waits until the application answers its health check with 200, as the load balancer demands.',
    `url="http://127.0.0.1:$PORT${healthCheckPath}"`,
    'attempt=1',
    'while :; do',
    "  status=$(curl --silent --noproxy '*' --max-time 3 --output /dev/null --write-out '%{http_code}' \"$url\" || true)",
    '  if [ "$status" = 200 ]; then break; fi',
    '  if [ "$attempt" -ge 60 ]; then',
    '    echo "$url answers $status instead of 200." >&2',
    '    if has_systemd; then journalctl --no-pager -n 30 -u "$unit" >&2; else tail -n 30 "$log_file" >&2 || true; fi',
    '    exit 1',
    '  fi',
    '  attempt=$((attempt + 1))',
    '  sleep 1',
    'done',
    'echo "$url answers 200."',
  );

const run = ({ start: lines, port }: DeployedKind): string => `#!/bin/sh
# Runs the application in the foreground: systemd calls this on an instance, application-start.sh on a laptop.
set -eu
cd "$(dirname "$0")/.."
export PORT="\${PORT:-${port}}"
${lines.join('\n')}
`;

const unit = ({ name, port }: DeployedKind): string => `[Unit]
Description=${name}
Wants=network-online.target
After=network-online.target

[Service]
User=app-${name}
Environment=PORT=${port} HOME=/opt/${name}
ExecStart=/bin/sh /opt/${name}/deploy/run.sh
Restart=always
RestartSec=2
NoNewPrivileges=yes
${port < 1024 ? 'AmbientCapabilities=CAP_NET_BIND_SERVICE\n' : ''}PrivateTmp=yes
ProtectSystem=full

[Install]
WantedBy=multi-user.target
`;

const buildSpec = ({ build }: DeployedKind): Readonly<Record<string, string>> =>
  build === undefined
    ? {}
    : {
        'buildspec.yml': stringify(
          {
            version: 0.2,
            phases: {
              install: { 'runtime-versions': build.runtimeVersions },
              build: { commands: build.commands },
            },
            artifacts: {
              // One pattern may have all.
              files: build.artifacts.includes('**/*')
                ? build.artifacts
                : ['appspec.yml', 'deploy/**/*', ...build.artifacts],
              ...(build.excluded && { 'exclude-paths': build.excluded }),
            },
          },
          { lineWidth: 0 },
        ),
      };

/** The files that deploy an application with CodeDeploy: on an instance, and below DESTDIR and on PORT on a laptop (D-005). */
export const deploymentFiles = (kind: DeployedKind): Readonly<Record<string, string>> => ({
  'appspec.yml': appSpec(kind),
  'deploy/common.sh': common(kind),
  'deploy/application-stop.sh': stop(),
  'deploy/before-install.sh': beforeInstall(kind),
  'deploy/after-install.sh': afterInstall(kind),
  'deploy/application-start.sh': start(),
  'deploy/validate-service.sh': validate(kind),
  'deploy/run.sh': run(kind),
  [`deploy/${kind.name}.service`]: unit(kind),
  ...buildSpec(kind),
  ...kind.files,
});
