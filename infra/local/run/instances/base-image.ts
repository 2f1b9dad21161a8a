import { ContainerEngineError, type Engine } from '@lockstep/aws-emulator';
import { UsageError } from '../../../../cli/arguments.ts';

/** Amazon's own image of Amazon Linux 2023, which has no systemd. */
const AMAZON_LINUX = 'public.ecr.aws/amazonlinux/amazonlinux:2023';
/** With what an AMI of Amazon Linux 2023 has and the container image has not; made once on each machine. */
const PREPARED = 'localhost/aws-emulator-amazon-linux:2023';
const PREPARING = 'aws-emulator-amazon-linux-preparing';
const PACKAGES =
  'systemd util-linux procps-ng iproute iptables-nft findutils tar gzip unzip which sudo shadow-utils acl cronie logrotate';

const isThere = async (engine: Engine, image: string): Promise<boolean> =>
  (await engine.ask(['image', 'inspect', '--format', '{{.Id}}', image])).code === 0;

/**
 * The image that stands for every AMI that is not built here.
 * @param named by the user; else Amazon Linux 2023, prepared at the first call, which takes a network and some minutes
 * @throws UsageError if it cannot be had
 */
export const baseImage = async (
  engine: Engine,
  named: string | undefined,
  say: (line: string) => void,
): Promise<string> => {
  try {
    if (named !== undefined) {
      if (!(await isThere(engine, named))) await engine.call(['pull', named]);
      return named;
    }
    if (await isThere(engine, PREPARED)) return PREPARED;
    say(`Preparing Amazon Linux 2023 with systemd from ${AMAZON_LINUX}, once on this machine …`);
    await engine.ask(['rm', '--force', PREPARING]);
    await engine.call([
      'run',
      `--name=${PREPARING}`,
      ...engine.runOptions,
      AMAZON_LINUX,
      '/bin/bash',
      '-c',
      `dnf -y install --setopt=install_weak_deps=False ${PACKAGES} && dnf clean all`,
    ]);
    await engine.call(['commit', PREPARING, PREPARED]);
    await engine.ask(['rm', '--force', PREPARING]);
    return PREPARED;
  } catch (error) {
    if (!(error instanceof ContainerEngineError)) throw error;
    throw new UsageError(
      `${engine.name} cannot get the image ${named ?? AMAZON_LINUX}, which instances start from: ${error.message}\nCheck the network, or name a local image that has systemd and bash: --image NAME. Without containers: --instances sandbox (Linux), or --instances process`,
    );
  }
};
