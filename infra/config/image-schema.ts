import { z } from 'zod';
import { imageDrifts } from '../../tasks/image-inventory/image-drift.ts';
import { severities } from '../../tasks/vulnerabilities/finding.ts';
import { defaultGate, type GateRule } from '../../tasks/vulnerabilities/gate.ts';

// What an application's images are made of. `describe` and `fallback` are explained in schema.ts.

const amiId = /^ami-[0-9a-f]{8}(?:[0-9a-f]{9})?$/;
const imageArn =
  /^arn:aws(?:-[a-z-]+)?:imagebuilder:[a-z0-9-]+:(?:aws|aws-marketplace|\d{12}):image\/[a-z0-9-_]+\/(?:x|\d+)\.(?:x|\d+)\.(?:x|\d+)(?:\/\d+)?$/;
// Image Builder's service-linked role reads no other parameters (AWSServiceRoleForImageBuilder).
const imageParameter = /^\/(?:imagebuilder|aws\/service)(?:\/[\w.-]+)+$/;

/** What images start from. */
const parent = z
  .string()
  .refine((text) => [amiId, imageArn, imageParameter].some((pattern) => pattern.test(text)))
  .meta({ title: 'AMI id, name of an SSM parameter, or ARN of an image of Image Builder' });

/** Whether a parent image is named by a parameter that holds its AMI id. */
export const isImageParameter = (text: string): boolean => imageParameter.test(text);

const componentArn =
  /^arn:aws(?:-[a-z-]+)?:imagebuilder:[a-z0-9-]+:(?:aws|aws-marketplace|third-party|\d{12}):component\/[a-z0-9-_]+\/(?:x|\d+)\.(?:x|\d+)\.(?:x|\d+)(?:\/\d+)?$/;
const documentPath = /^(?!\/)(?!.*\.\.\/)(?:[\w.-]+\/)*[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\.ya?ml$/;

/** Whether a component is an own document, not one that Image Builder has. */
export const isDocument = (text: string): boolean => documentPath.test(text);

const versioned = /\/\d+\.\d+\.\d+\/\d+$/;

/** Whether an ARN of Image Builder names one build of one version, which never changes. */
export const isOneBuild = (arn: string): boolean => versioned.test(arn);

/** Days for which an image may be used again at most. */
const MOST_REUSE_DAYS = 30;

const component = z
  .string()
  .refine((text) => componentArn.test(text) || documentPath.test(text))
  .meta({ title: "path of a component document, or component's ARN" });

// A recipe has at most 20 components (Image Builder's quotas), of which up to five are Lockstep's.
/** How many components and tests an application may add. */
export const MOST_COMPONENTS = 15;

const packageName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.+-]{0,127}$/)
  .meta({ title: "package's name" });

const volume = z.strictObject({
  gibibytes: z.int().min(8).max(16_384).describe("The volume's size in GiB; not below the parent image's."),
  iops: z
    .int()
    .min(3_000)
    .max(16_000)
    .optional()
    .meta({ description: 'Its input and output operations per second.', fallback: '3,000' }),
  throughput: z
    .int()
    .min(125)
    .max(1_000)
    .optional()
    .meta({ description: 'Its throughput in MiB per second.', fallback: '125' }),
});

const gateRule = z
  .strictObject({
    severity: z
      .enum(severities)
      .optional()
      .meta({ description: 'At least so severe.', fallback: 'any severity' }),
    fixable: z
      .boolean()
      .optional()
      .meta({ description: 'With a fix (`true`) or without one.', fallback: 'either' }),
    knownExploited: z.boolean().optional().meta({
      description: "In CISA's catalog of known exploited vulnerabilities, or not.",
      fallback: 'either',
    }),
    new: z
      .boolean()
      .optional()
      .meta({ description: 'Only what the image that Prod runs does not have.', fallback: '`false`' }),
  })
  .readonly();

const launchTemplateId = z
  .string()
  .regex(/^lt-[0-9a-f]{17}$/)
  .meta({ title: "launch template's id" });

/** What images are made of. */
export const image = z.strictObject({
  parent: parent.optional().meta({
    description:
      'What images start from: Amazon Linux 2023, or something made from it. Image Builder reads parameters below `/imagebuilder` and `/aws/service`.',
    fallback: 'the newest Amazon Linux 2023',
  }),
  components: z
    .array(component)
    .max(MOST_COMPONENTS)
    .readonly()
    .default([])
    .describe(
      'What is added, in this order: own component documents, by their paths from the folder with cdk.json, and components of AWS or of your account, by ARN.',
    ),
  packages: z
    .array(packageName)
    .max(100)
    .readonly()
    .default([])
    .describe("Packages of the distribution's repositories."),
  tests: z
    .array(component)
    .max(MOST_COMPONENTS)
    .readonly()
    .default([])
    .describe(
      'Components that test an instance made from the image; own documents need a phase `test`. A test that fails fails the build.',
    ),
  reuse: z
    .enum(['never', 'when-equal'])
    .default('never')
    .describe(
      'Whether a promotion takes the newest image instead of building one, if recipe and parent AMI are the same and Amazon Linux 2023 was not released since.',
    ),
  reuseDays: z
    .int()
    .min(1)
    .max(MOST_REUSE_DAYS)
    .default(7)
    .describe(
      'With `when-equal`: an older image is not used again. What components fetch from elsewhere is at most so old.',
    ),
  drift: z
    .enum(imageDrifts)
    .default('security-updates')
    .describe(
      'How the packages of the Prod image may differ from those of the approved QAT image: not at all, by newer versions alone, or in any way. Recipe, parent image and components must be equal.',
    ),
  onDrift: z
    .enum(['fail', 'ask'])
    .default('fail')
    .describe(
      'What follows if the Prod image differs in more: "Build Prod image" fails, or QC and PMO are asked once more, about the image and its differences, while the promotion holds Prod.',
    ),
  scan: z
    .enum(['off', 'inspector', 'component'])
    .default('off')
    .describe(
      'What scans each image for known vulnerabilities. `inspector`: Amazon Inspector; activate it for EC2 in the account first, AWS charges for it. `component`: grype or trivy in a component of yours, which writes JSON to `/var/tmp/lockstep/scan.json`; nothing looks again at what is live.',
    ),
  gate: z.array(gateRule).max(20).readonly().optional().meta({
    description:
      'What stops a promotion at "Build QAT image", and once more at "Build Prod image": a vulnerability that meets every condition of one rule, or an image without a scan. An empty list stops nothing.',
    fallback: 'new criticals with a fix, and all known exploited ones',
  }),
  volume: volume.optional().meta({ description: 'The root volume.', fallback: "the parent image's size" }),
  launchTemplateDefault: z
    .strictObject({
      qat: launchTemplateId.optional().describe("For QAT's images."),
      prod: launchTemplateId.optional().describe("For Prod's images."),
    })
    .optional()
    .meta({
      description:
        'Launch templates of yours, where each environment is: every image that is built becomes their new default version, before anybody approves it.',
      fallback: 'none',
    }),
});

/** As written, with the defaults of the schema. */
export type ImageConfig = z.output<typeof image>;

/** The rules that stop an application's images: none where they are not scanned. */
export const gateOf = ({ scan, gate }: Pick<ImageConfig, 'scan' | 'gate'>): readonly GateRule[] =>
  scan === 'off' ? [] : (gate ?? defaultGate);
