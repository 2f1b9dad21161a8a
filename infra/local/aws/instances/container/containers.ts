import { ContainerEngineError, type Engine } from './engine.ts';
import { labelOptions, ownerOf } from './labels.ts';

/** How long systemd may take to come up, in ms. */
const BOOT_MS = 120_000;

/** Name of the container that stands for a machine: an instance or the instance of an image build. */
export const containerName = (stateDir: string, machine: string): string =>
  `aws-emulator-${ownerOf(stateDir)}-${machine}`;

/** What a container is started with. */
export interface ContainerStart {
  readonly stateDir: string;
  readonly machine: string;
  readonly image: string;
  /** Beside what every container gets. */
  readonly options: readonly string[];
}

/** Whether there is a container, and runs. */
export const stateOfContainer = async (
  engine: Engine,
  name: string,
): Promise<'absent' | 'running' | 'stopped'> => {
  const { code, stdout } = await engine.ask([
    'container',
    'inspect',
    '--format',
    '{{.State.Status}} {{.State.Paused}}',
    name,
  ]);
  if (code !== 0) return 'absent';
  return /^running false/.test(stdout.toString()) ? 'running' : 'stopped';
};

/** Waits until systemd has started everything; a unit that failed does not hold it up. */
export const awaitBoot = async (engine: Engine, name: string): Promise<void> => {
  // The bus is not there in the first moments; each attempt waits for the end of the start once it is.
  const script =
    'for ((turn = 0; turn < 600; turn++)); do state=$(systemctl is-system-running --wait 2>/dev/null); case $state in running | degraded) exit 0 ;; esac; sleep 0.1; done; echo "systemd is $state" >&2; exit 1';
  const { code, stderr } = await engine.ask(['exec', name, '/bin/bash', '-c', script], {
    timeoutMs: BOOT_MS,
  });
  if (code !== 0)
    throw new ContainerEngineError(
      `systemd did not start in the container ${name}: ${stderr || `exit code ${code}`}. Its output: ${engine.name} logs ${name}`,
    );
};

/** Starts a container with systemd as its first process, in place of one of the same name. */
export const startContainer = async (engine: Engine, start: ContainerStart): Promise<void> => {
  const { stateDir, machine, image, options } = start;
  const name = containerName(stateDir, machine);
  await removeContainer(engine, name);
  await engine.call([
    'run',
    '--detach',
    `--name=${name}`,
    ...labelOptions(stateDir, machine),
    ...engine.runOptions,
    ...engine.initOptions,
    '--cap-add=NET_ADMIN',
    '--cap-add=SYS_PTRACE',
    ...options,
    image,
    '/sbin/init',
  ]);
  await awaitBoot(engine, name);
};

/** Starts a container that was stopped. */
export const restartContainer = async (engine: Engine, name: string): Promise<void> => {
  await engine.call(['start', name]);
  await awaitBoot(engine, name);
};

/** How long a machine has to shut down, in seconds. */
const SHUTDOWN_SECONDS = 5;

/** Shuts a container down. One that is not there is no fault. */
export const stopContainer = async (engine: Engine, name: string): Promise<void> => {
  if ((await stateOfContainer(engine, name)) !== 'running') return;
  await engine.call(['stop', `--time=${SHUTDOWN_SECONDS}`, name]);
};

/** Removes a container with what runs in it. One that is not there is no fault. */
export const removeContainer = async (engine: Engine, name: string): Promise<void> => {
  const state = await stateOfContainer(engine, name);
  if (state === 'absent') return;
  if (state === 'running') await engine.ask(['kill', name]);
  const { code, stderr } = await engine.ask(['rm', '--force', '--volumes', name]);
  if (code !== 0 && (await stateOfContainer(engine, name)) !== 'absent')
    throw new ContainerEngineError(
      `The container ${name} could not be removed: ${stderr}. Remove it: ${engine.name} rm --force ${name}`,
    );
};
