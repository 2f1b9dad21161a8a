import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnComponent } from 'aws-cdk-lib/aws-imagebuilder';
import { Construct } from 'constructs';
import { parse } from 'yaml';
import type { OwnDocument } from './own-documents.ts';

/** Documents in `components/`, without their ending. */
export type ComponentDocument =
  | 'security-updates'
  | 'codedeploy-agent'
  | 'codedeploy-agent-by-endpoint'
  | 'scan-begin'
  | 'scan-end'
  | 'runtime-nodejs'
  | 'runtime-java'
  | 'runtime-python';

/** Largest patch number: one part of an Image Builder version has 30 bits. */
const PATCHES = 2 ** 30;

/**
 * Version of something that Image Builder never lets change: other content, other version, and the same content the
 * same version on every machine.
 */
export const contentVersion = (content: string): string =>
  `1.0.${createHash('sha256').update(content).digest().readUInt32BE(0) % PATCHES}`;

const read = (document: ComponentDocument): string =>
  readFileSync(join(import.meta.dirname, 'components', `${document}.yaml`), 'utf8');

/** The commands that install CodeDeploy's agent in images, for an instance that starts from none. */
export function agentInstallation(): string {
  const { phases } = parse(read('codedeploy-agent')) as {
    phases: [{ steps: [{ inputs: { commands: string[] } }] }];
  };
  return phases[0].steps[0].inputs.commands.join('\n');
}

interface ComponentProps {
  readonly application: string;
  /** One of ours, or an own one of the team. */
  readonly document: ComponentDocument | OwnDocument;
}

/** What Image Builder runs on the build instance, and later on a test instance. */
export class Component extends Construct {
  readonly arn: string;
  /** The content's version; a recipe's version depends on it. */
  readonly version: string;

  constructor(scope: Construct, id: string, { application, document }: ComponentProps) {
    super(scope, id);
    const { name, data } = typeof document === 'string' ? { name: document, data: read(document) } : document;
    this.version = contentVersion(data);
    this.arn = new CfnComponent(this, 'Component', {
      name: `lockstep-${application}-${name}`,
      version: this.version,
      platform: 'Linux',
      supportedOsVersions: ['Amazon Linux 2023'],
      data,
    }).attrArn;
  }
}
