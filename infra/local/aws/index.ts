/** The emulator's one public entry: what a run is made of, in the order in which it is needed. */

export { APPLICATION_HOST } from './application-host.ts';
export { deployAssembly } from './assembly/deploy-assembly.ts';
export { type Assembly, loadAssembly } from './assembly/load-assembly.ts';
export type { DeployedStacks } from './assembly/stack-records.ts';
export { type AdjustableClock, createClock } from './clock.ts';
export { createHost, type EmulatorHost } from './create-host.ts';
export { createEndpoint } from './endpoint/endpoint.ts';
export {
  AwsError,
  type BusEvent,
  type Host,
  type Operation,
  type PolicyDocument,
  type Ports,
  type Principal,
  type Service,
} from './host.ts';
export { ADMINISTRATOR_PROFILE, credentialsFile } from './iam/administrator-key.ts';
export type { ContainerOptions } from './instances/container/container-options.ts';
export { ContainerEngineError, type Engine, findEngine } from './instances/container/engine.ts';
export { removeAbandoned } from './instances/container/labels.ts';
export { isSameProcess, listProcesses, type ProcessIdentity } from './instances/processes.ts';
export { findSandbox } from './instances/sandbox/find-sandbox.ts';
export type { SandboxOptions } from './instances/sandbox/sandbox-options.ts';
export { moveAddresses } from './move-addresses.ts';
export { PortInUseError } from './port-in-use.ts';
export { replaceFile } from './replace-file.ts';
export { readBuildLog } from './services/codebuild/records.ts';
export type { Person } from './services/cognito-idp/pools.ts';
export type { SignInLook } from './services/cognito-idp/sign-in-look.ts';
export { createServices, type EmulatorServices } from './services/create-services.ts';
export { keepLaunchTemplate } from './services/ec2/launch-template-versions.ts';
export { scanOutcomeOf } from './services/imagebuilder/image-scans.ts';
export { repositoryOf } from './services/imagebuilder/packages.ts';
export { buildFilesOf } from './services/imagebuilder/simulated-build.ts';
export { administrator } from './services/shared/arns.ts';
export { type Vulnerability, vulnerabilitiesOf } from './services/shared/vulnerabilities.ts';
export { type Mail, readOutbox } from './services/sns/outbox.ts';
export { StateDirectoryError } from './state-directory.ts';
export { openStore, type Store } from './store.ts';
