import type { Host } from '../../host.ts';
import { instancesOf } from '../../instances/instances.ts';
import { administrator } from '../shared/arns.ts';
import { stableUuid } from '../shared/ids.ts';
import { sourceImagesOf } from '../shared/source-images.ts';
import { installedOf } from '../shared/vulnerabilities.ts';
import { imageMessage } from './descriptions.ts';
import { scanImage } from './image-scans.ts';
import { resolveParent } from './parent-image.ts';
import { type BuildInstance, createRealBuilds } from './real-builds.ts';
import { type Image, type ImageStatus, serviceLinkedRole, tablesOf } from './records.ts';
import { simulateBuild } from './simulated-build.ts';

/** How long each status lasts here at least, in ms. On AWS a build takes 15 to 45 minutes (T17). */
const DURATION_MS: Readonly<Partial<Record<ImageStatus, number>>> = {
  PENDING: 100,
  BUILDING: 350,
  TESTING: 100,
  DISTRIBUTING: 150,
};

/** The words in a failure that was asked for. */
const ASKED_FOR = 'The build failed because this was asked for with --fail; nothing is wrong with the image.';

/** A build's life, from its record in the store. */
interface Builds {
  /** Whether a build is under way. */
  readonly isUnderWay: (image: Image) => boolean;
  /** Takes up a build that is in the store, or begins a new one. */
  readonly follow: (image: Image) => void;
  /** Ends a build. Nothing is published about it (T14). */
  readonly cancel: (image: Image) => void;
  readonly start: () => void;
  readonly stop: () => Promise<void>;
}

/** Follows the builds of all pipelines on the clock. */
export const createBuilds = (host: Host): Builds => {
  const { images, pipelines, recipes, infrastructures, distributions, packages } = tablesOf(host);
  const timers = new Map<string, () => void>();
  /** Builds whose step, or whose message, is under way in this process. */
  const underWay = new Set<string>();
  let stopped = false;
  const { workshop } = instancesOf(host);
  const real = workshop && createRealBuilds(host, workshop);

  const once = (image: Image, act: (image: Image) => Promise<void>) => {
    if (underWay.has(image.arn)) return;
    underWay.add(image.arn);
    void act(image).finally(() => {
      underWay.delete(image.arn);
      const current = images.get(image.arn);
      // What began during the step was held back by it.
      if (!stopped && current && current.status !== image.status) follow(current);
    });
  };

  const follow = (image: Image) => {
    const duration = DURATION_MS[image.status];
    timers.get(image.arn)?.();
    if (duration === undefined) {
      timers.delete(image.arn);
      if (image.mustPublish) once(image, publish);
      return;
    }
    const end = Math.max(host.clock.now(), image.changedAt + duration);
    timers.set(
      image.arn,
      host.clock.at(end, () => once(image, advance)),
    );
  };

  /** The event comes first: a crash between the two repeats it under the same id. */
  const enter = (image: Image, status: ImageStatus, more: Partial<Image> = {}) => {
    const tellsTopic = status === 'AVAILABLE' || status === 'FAILED';
    const hasTopic = infrastructures.get(image.infrastructureArn)?.snsTopicArn !== undefined;
    const next: Image = {
      ...image,
      ...more,
      status,
      changedAt: host.clock.now(),
      mustPublish: tellsTopic && hasTopic,
    };
    const described = { status, ...(next.reason !== undefined && { reason: next.reason }) };
    host.emit({
      id: stableUuid('imagebuilder', image.arn, status),
      source: 'aws.imagebuilder',
      detailType: 'EC2 Image Builder Image State Change',
      resources: [image.arn],
      detail: { 'previous-state': { status: image.status }, state: described },
    });
    images.put(image.arn, next);
    if (!underWay.has(image.arn)) follow(next);
  };

  const advance = async (image: Image) => {
    const isCurrent = () => !stopped && images.get(image.arn)?.status === image.status;
    if (!isCurrent()) return;
    try {
      switch (image.status) {
        case 'PENDING':
          return enter(image, 'BUILDING');
        case 'BUILDING': {
          const made = await build(image, await authorizeInstance(image));
          if (!isCurrent()) return;
          if (image.isToFail) return enter(image, 'FAILED', { reason: ASKED_FOR });
          const hasTests = pipelines.get(image.pipelineArn)?.hasTests ?? true;
          return enter(image, hasTests ? 'TESTING' : 'DISTRIBUTING', made);
        }
        case 'TESTING':
          await real?.test(image, await authorizeInstance(image));
          if (!isCurrent()) return;
          // Amazon Inspector looks at the test instance.
          if (pipelines.get(image.pipelineArn)?.isScanned) scanImage(host, image.arn);
          enter(image, 'DISTRIBUTING');
          return;
        case 'DISTRIBUTING': {
          const ami = await registerImage(image);
          real?.register(ami.imageId, image);
          installedOf(host).put(ami.imageId, packages.get(image.arn) ?? []);
          await writeLaunchTemplates(image, ami.imageId);
          if (isCurrent()) enter(image, 'AVAILABLE', { ami });
        }
      }
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      if (isCurrent()) enter(image, 'FAILED', { reason });
    }
  };

  /** What the build instance needs its role for: reading the components, reporting to Systems Manager, writing the log (T17). */
  const authorizeInstance = async (image: Image): Promise<BuildInstance> => {
    const infrastructure = infrastructures.get(image.infrastructureArn);
    const recipe = recipes.get(image.recipeArn);
    if (!infrastructure || !recipe)
      throw new Error(`The configuration of ${image.pipelineArn} was deleted while it built.`);
    const { InstanceProfile } = await host.call<{ InstanceProfile?: { Roles?: { Arn?: string }[] } }>(
      administrator,
      'iam',
      'GetInstanceProfile',
      { InstanceProfileName: infrastructure.instanceProfileName },
    );
    const roleArn = InstanceProfile?.Roles?.[0]?.Arn;
    if (!roleArn)
      throw new Error(
        `The instance profile ${infrastructure.instanceProfileName} has no role to build under.`,
      );
    const instance = host.assumeRole(roleArn, 'ec2.amazonaws.com', image.arn);
    host.authorize(instance, [
      { action: 'ssm:UpdateInstanceInformation', resource: '*' },
      ...recipe.componentArns.map((resource) => ({ action: 'imagebuilder:GetComponent', resource })),
    ]);
    return {
      recipe,
      put: async ({ bucket, key }, bytes) => {
        await host.call(instance, 's3', 'PutObject', { Bucket: bucket, Key: key, Body: bytes });
      },
      writeLog: async (name, text) => {
        if (!infrastructure.log) return;
        const { bucket, prefix } = infrastructure.log;
        await host.call(instance, 's3', 'PutObject', {
          Bucket: bucket,
          Key: [prefix, image.name, image.version, String(image.build), name].filter(Boolean).join('/'),
          ContentType: 'text/plain',
          Body: new Uint8Array(Buffer.from(text)),
        });
      },
    };
  };

  const build = async (image: Image, instance: BuildInstance): Promise<Partial<Image>> => {
    if (real && !image.isToFail) return real.build(image, instance);
    await simulateBuild(host, image, instance);
    return {};
  };

  /** The tag tells a build's own image after a crash: it is registered once. */
  const registerImage = async (image: Image) => {
    const tag = { Key: 'Ec2ImageBuilderArn', Value: image.arn };
    const distribution = distributions.get(image.distributionArn ?? '');
    const recipe = recipes.get(image.recipeArn);
    const buildDate = new Date(image.createdAt).toISOString().replaceAll(':', '-');
    const name = (distribution?.amiName ?? `${image.name} {{ imagebuilder:buildDate }}`)
      .replace(/\{\{\s*imagebuilder:buildDate\s*\}\}/g, buildDate)
      .replace(/\{\{\s*imagebuilder:buildVersion\s*\}\}/g, String(image.build));
    const principal = serviceLinkedRole(host);
    const { Images = [] } = await host.call<{
      Images?: { ImageId?: string; Tags?: { Key?: string; Value?: string }[] }[];
    }>(principal, 'ec2', 'DescribeImages', {
      Owners: ['self'],
      Filters: [{ Name: 'name', Values: [name] }],
    });
    const own = Images.find((one) =>
      one.Tags?.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value),
    );
    const parent = await resolveParent(host, principal, recipe?.parentImage ?? '');
    /** What it was made from may be lacking after a crash: it is noted after the image. */
    const registered = (imageId: string) => {
      if (parent.imageId !== undefined) sourceImagesOf(host).put(imageId, parent.imageId);
      return { imageId, name };
    };
    if (own?.ImageId) return registered(own.ImageId);
    const tags = { CreatedBy: 'EC2 Image Builder', ...recipe?.amiTags, ...distribution?.amiTags };
    const { ImageId } = await host.call<{ ImageId?: string }>(principal, 'ec2', 'RegisterImage', {
      Name: name,
      Description: distribution?.amiDescription ?? `Built by ${image.pipelineArn}`,
      Architecture: parent.architecture,
      RootDeviceName: '/dev/xvda',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: {} }],
      TagSpecifications: [
        {
          ResourceType: 'image',
          Tags: [tag, ...Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))],
        },
        // The policy of its lifecycle role finds snapshots by it (EC2ImageBuilderLifecycleExecutionPolicy).
        { ResourceType: 'snapshot', Tags: [{ Key: 'CreatedBy', Value: tags.CreatedBy }] },
      ],
    });
    if (!ImageId) throw new Error(`EC2 gave no image id for ${name}.`);
    return registered(ImageId);
  };

  /** The token tells what a build added before a crash: each template gets one version. */
  const writeLaunchTemplates = async (image: Image, imageId: string) => {
    const principal = serviceLinkedRole(host);
    for (const { id, setsDefault } of distributions.get(image.distributionArn ?? '')?.launchTemplates ?? []) {
      const template = { LaunchTemplateId: id };
      const { LaunchTemplateVersion } = await host.call<{
        LaunchTemplateVersion?: { VersionNumber?: number };
      }>(principal, 'ec2', 'CreateLaunchTemplateVersion', {
        ...template,
        SourceVersion: '$Latest',
        LaunchTemplateData: { ImageId: imageId },
        ClientToken: stableUuid('imagebuilder', image.arn, id),
      });
      if (setsDefault)
        await host.call(principal, 'ec2', 'ModifyLaunchTemplate', {
          ...template,
          DefaultVersion: String(LaunchTemplateVersion?.VersionNumber),
        });
    }
  };

  /** At least once: the mark in the store is taken away when the topic has it. */
  const publish = async (image: Image) => {
    const topicArn = infrastructures.get(image.infrastructureArn)?.snsTopicArn;
    try {
      if (topicArn !== undefined)
        await host.call(serviceLinkedRole(host), 'sns', 'Publish', {
          TopicArn: topicArn,
          Message: imageMessage(host, image),
        });
    } catch (error) {
      // As on AWS, the build stands and nobody hears of it from the topic.
      host.log('imagebuilder', `The message about ${image.arn} could not be published`, {
        topic: topicArn,
        error: String(error),
      });
    }
    const current = images.get(image.arn);
    if (!stopped && current) images.put(image.arn, { ...current, mustPublish: false });
  };

  return {
    isUnderWay: ({ status }) => DURATION_MS[status] !== undefined,
    follow,
    cancel: (image) => {
      enter(image, 'CANCELLED', { reason: 'The build was cancelled.' });
      real?.abort(image.arn);
    },
    start: () => {
      for (const image of images.values()) follow(image);
    },
    stop: async () => {
      stopped = true;
      for (const cancel of timers.values()) cancel();
      timers.clear();
      await real?.abortAll();
    },
  };
};
