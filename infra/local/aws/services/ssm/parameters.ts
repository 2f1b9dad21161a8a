import { createHash, randomUUID } from 'node:crypto';
import { AwsError, type Host, type Principal } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';

/** A parameter, as the store keeps it under its name. */
export interface Parameter {
  readonly name: string;
  readonly type: 'String' | 'StringList' | 'SecureString';
  readonly dataType: 'text' | typeof IMAGE_TYPE;
  /** Of a SecureString: encrypted, in base64. */
  readonly value: string;
  /** The key of a SecureString, as the caller named it. */
  readonly keyId?: string;
  readonly version: number;
  /** In ms. */
  readonly modifiedAt: number;
  readonly description?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The CloudFormation resource that made it, `<stack>/<logical id>`. */
  readonly owner?: string;
}

/** The data type whose values Parameter Store checks against EC2, after it has answered (T53). */
export const IMAGE_TYPE = 'aws:ec2:image';

/** Parameters by name. */
export const parametersOf = ({ store }: Host) => store.table<Parameter>('ssm.parameters');

/** A parameter's ARN; a leading slash of the name is not doubled. AWS's public parameters have one without an account. */
export const parameterArn = (host: Host, name: string): string =>
  name.startsWith('/aws/service/')
    ? `arn:${host.partition}:ssm:${host.region}::parameter${name}`
    : arnOf(host, 'ssm', `parameter/${name.replace(/^\//, '')}`);

const PUBLIC_IMAGES = '/aws/service/ami-amazon-linux-latest/';

/** Version of CDK's bootstrap stack that the emulator stands for (CDK asks for at least 6); it needs no stack itself. */
const BOOTSTRAP_VERSION = '30';

/** What an account has that nothing here made: AWS's public images, one always the same for a name, and CDK's bootstrap version. */
export const presetParameter = (name: string): Parameter | undefined => {
  if (/^\/cdk-bootstrap\/[^/]+\/version$/.test(name))
    return {
      name,
      type: 'String',
      dataType: 'text',
      value: BOOTSTRAP_VERSION,
      version: 1,
      modifiedAt: 0,
      tags: {},
    };
  if (!name.startsWith(PUBLIC_IMAGES) || name.length === PUBLIC_IMAGES.length) return undefined;
  const value = `ami-${createHash('sha256').update(name).digest('hex').slice(0, 17)}`;
  return { name, type: 'String', dataType: IMAGE_TYPE, value, version: 1, modifiedAt: 0, tags: {} };
};

const LONGEST_VALUE = 4096;

/**
 * Checks a name and a value in Parameter Store's words.
 * @throws AwsError `ValidationException`
 */
export const checkParameter = (name: string, value: string): void => {
  if (!/^[A-Za-z0-9_./-]{1,2048}$/.test(name) || (name.includes('/') && !name.startsWith('/')))
    throw new AwsError(
      'ValidationException',
      `Parameter name "${name}" must be letters, digits and .-_, and begin with "/" where it has a path.`,
    );
  if (/^\/?(aws|ssm)/i.test(name))
    throw new AwsError('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
  if (value.length === 0 || value.length > LONGEST_VALUE)
    throw new AwsError(
      'ValidationException',
      `The value of ${name} must have 1 to ${LONGEST_VALUE} characters; received ${value.length}.`,
    );
};

/** A write that waits until its image has been looked up. */
export interface PendingWrite {
  readonly parameter: Parameter;
  readonly principal: Principal;
}

/** Simulated: AWS says that the check "may take a few seconds". */
const CHECK_MS = 20;

/** Checks the images of pending writes; what waits is in the store. */
export interface ImageChecks {
  readonly add: (write: PendingWrite) => void;
  readonly start: () => void;
  readonly stop: () => void;
}

/** Creates the checks that follow a PutParameter of an image: an image that EC2 does not list leaves the old value (T53). */
export const createImageChecks = (host: Host): ImageChecks => {
  const pending = host.store.table<PendingWrite>('ssm.pending');
  const parameters = parametersOf(host);
  const timers = new Set<() => void>();
  /** One after the other, so that the later of two writes stays. */
  let queue = Promise.resolve();
  let stopped = false;

  const schedule = (key: string) => {
    const cancel = host.clock.at(host.clock.now() + CHECK_MS, () => {
      timers.delete(cancel);
      queue = queue.then(() => check(key));
    });
    timers.add(cancel);
  };

  const check = async (key: string) => {
    const write = pending.get(key);
    if (!write || stopped) return;
    const { parameter, principal } = write;
    const problem = await describeProblem(principal, parameter.value);
    if (stopped) return;
    const current = parameters.get(parameter.name);
    if (problem)
      host.log('ssm', `${parameter.name} keeps its value: ${problem}`, {
        received: parameter.value,
        kept: current?.value,
      });
    else parameters.put(parameter.name, { ...parameter, version: (current?.version ?? 0) + 1 });
    pending.delete(key);
  };

  const describeProblem = async (principal: Principal, imageId: string): Promise<string | undefined> => {
    try {
      const { Images = [] } = await host.call<{ Images?: { ImageId?: string }[] }>(
        principal,
        'ec2',
        'DescribeImages',
        { ImageIds: [imageId] },
      );
      return Images.some((image) => image.ImageId === imageId) ? undefined : `${imageId} is no image`;
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
  };

  return {
    add: (write) => {
      const key = randomUUID();
      pending.put(key, write);
      schedule(key);
    },
    start: () => {
      for (const key of pending.keys()) schedule(key);
    },
    stop: () => {
      stopped = true;
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
};
