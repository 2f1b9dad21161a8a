import path from 'node:path';
import {
  type AdjustableClock,
  APPLICATION_HOST,
  type Assembly,
  type ContainerOptions,
  createClock,
  createEndpoint,
  createHost,
  createServices,
  type DeployedStacks,
  deployAssembly,
  type EmulatorHost,
  type EmulatorServices,
  loadAssembly,
  moveAddresses,
  openStore,
  type Ports,
  type SandboxOptions,
  type Store,
} from '@lockstep/aws-emulator';
import { prepareBuildSecrets } from './build-secrets.ts';
import { forgeApiUrl, prepareForge } from './connected-sources.ts';
import { createJournalFailure, type JournalFailure } from './journal-failure.ts';
import { prepareLaunchTemplates } from './launch-templates.ts';
import { people } from './people.ts';
import { signInLook } from './sign-in-look.ts';
import { lockStateDirectory } from './state-lock.ts';
import { synthesizeIfChanged } from './synthesize.ts';
import { prepareWebhookSecrets } from './webhook-secrets.ts';

/** How to start the local run. */
export interface LocalRunOptions {
  readonly stateDir: string;
  readonly ports: Ports;
  /** An assembly that was synthesized before; else cdk.json's application is synthesized into the state directory. */
  readonly assemblyDirectory?: string;
  /** Replaces cdk.json's configuration. */
  readonly lockstep?: unknown;
  /** What instances' containers are made with. @default instances are directories with processes */
  readonly containers?: ContainerOptions;
  /** What instances' sandboxes are made with. */
  readonly sandboxes?: SandboxOptions;
  /** @default the machine's clock */
  readonly clock?: AdjustableClock;
  /** Keeps Prod's old instances as long as the configuration says. @default a second */
  readonly soak?: boolean;
  /** Gives the start up between two of its steps; it throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A running emulated system. */
export interface LocalRun {
  readonly host: EmulatorHost;
  readonly clock: AdjustableClock;
  readonly services: EmulatorServices;
  readonly stacks: DeployedStacks;
  /** What opening the state directory found. */
  readonly notices: readonly string[];
  /** How long it took, in seconds. */
  readonly seconds: { readonly synth: number; readonly start: number };
  /** Gives what the work gives, and throws when the state directory takes nothing more: then `stop` is all that is left. */
  readonly orFail: JournalFailure['orFail'];
  /** Stops servers, workers and applications. What the state directory holds is taken up by the next start. */
  readonly stop: () => Promise<void>;
}

/** Parameters of applications' stacks: where approvers reach the QAT application, which only this run serves; and the API of the repository's provider. */
const QAT_URL_PARAMETER = 'QatUrl';
const SOURCE_API_URL_PARAMETER = 'SourceApiUrl';

const withAddresses = (
  assembly: Assembly,
  qatPort: number,
  apiUrls: EmulatorServices['forge']['apiUrls'],
): Assembly => {
  const has = ({ template }: Assembly['stacks'][number], parameter: string): boolean =>
    parameter in (template.Parameters ?? {});
  const first = assembly.stacks.find((stack) => has(stack, QAT_URL_PARAMETER));
  return {
    ...assembly,
    stacks: assembly.stacks.map((stack) => {
      const apiUrl = forgeApiUrl(stack, apiUrls);
      return {
        ...stack,
        parameters: {
          ...stack.parameters,
          ...(stack === first && { [QAT_URL_PARAMETER]: `http://${APPLICATION_HOST}:${qatPort}` }),
          ...(apiUrl !== undefined && { [SOURCE_API_URL_PARAMETER]: apiUrl }),
        },
      };
    }),
  };
};

const secondsSince = (start: number) => Math.round(performance.now() - start) / 1000;

/**
 * Starts the local run: synthesizes, opens the journal, starts services and the endpoint, deploys the templates, and takes
 * up what was under way.
 * @throws StateDirectoryError, SynthesisError, and the assembly's errors
 */
export const startLocalRun = async (options: LocalRunOptions): Promise<LocalRun> => {
  const { stateDir, ports, signal } = options;
  const release = await lockStateDirectory(stateDir);
  const undo: (() => Promise<void> | void)[] = [release];
  const journal = createJournalFailure(process);
  const stop = async () => {
    // As after a kill at that moment: stopping writes nothing more.
    if (journal.hasFailed()) store?.close();
    for (const step of undo.splice(0).reverse()) await step();
  };
  let store: Store | undefined;
  try {
    store = openStore(stateDir, journal.tell);
    undo.push(store.close);
    moveAddresses(store, ports);
    const synthesisStart = performance.now();
    const assemblyDirectory = options.assemblyDirectory ?? path.join(stateDir, 'cdk.out');
    const leftOut = options.assemblyDirectory
      ? []
      : await synthesizeIfChanged(assemblyDirectory, options.lockstep, signal);
    const synth = options.assemblyDirectory ? 0 : secondsSince(synthesisStart);

    signal?.throwIfAborted();
    const start = performance.now();
    const clock = options.clock ?? createClock();
    undo.push(clock.stop);
    const host = createHost({
      stateDir,
      store,
      clock,
      ports,
      waitsAsAsked: options.soak ?? false,
      ...(options.containers && { containers: options.containers }),
      ...(options.sandboxes && { sandboxes: options.sandboxes }),
    });
    const services = createServices(host, { people, signInLook });
    const endpoint = await createEndpoint(host);
    undo.push(endpoint.close);
    undo.push(host.stopServices);
    await host.startServices();
    signal?.throwIfAborted();
    const assembly = loadAssembly(assemblyDirectory);
    await prepareForge(services, assembly);
    prepareWebhookSecrets(host, services, assembly);
    const standIns = [
      ...prepareBuildSecrets(host, services, assembly),
      ...prepareLaunchTemplates(host, assembly),
    ];
    const stacks = await journal.orFail(
      deployAssembly(host, withAddresses(assembly, ports.qat, services.forge.apiUrls)),
    );
    return {
      host,
      clock,
      services,
      stacks,
      notices: [
        ...store.notices,
        ...standIns,
        ...leftOut.map(
          (key) => `Left out on this machine, because only an AWS account has it: lockstep.${key}`,
        ),
      ],
      seconds: { synth, start: secondsSince(start) },
      orFail: journal.orFail,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
