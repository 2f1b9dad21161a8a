import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Host } from '../../host.ts';
import type { Table } from '../../store.ts';

/** An AMI that was registered in this account. */
interface ImageRecord {
  readonly imageId: string;
  readonly name: string;
  readonly description: string;
  readonly architecture: string;
  readonly rootDeviceName: string;
  readonly state: 'available' | 'deregistered';
  /** Milliseconds since the epoch, as all times of this service. */
  readonly createdAt: number;
  /** What its root volume is made from; none if the request named none. */
  readonly snapshotId?: string;
}

/** A snapshot that a registered AMI is made from. */
interface SnapshotRecord {
  readonly snapshotId: string;
  /** Of the volume, in GiB. */
  readonly volumeSize: number;
}

/** A launch template with its versions, of which version n is `versions[n - 1]`. */
export interface LaunchTemplateRecord {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly defaultVersion: number;
  readonly versions: readonly LaunchTemplateVersionRecord[];
}

/** One version of a launch template. */
export interface LaunchTemplateVersionRecord {
  readonly createdAt: number;
  readonly description?: string;
  /** Of the request that added it; CloudFormation's have none. */
  readonly clientToken?: string;
  readonly data: RequestLaunchTemplateData;
}

/** States of an instance, of EC2's own. */
export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated';

/** An instance; what runs for it on this machine is in `instances/`. */
export interface InstanceRecord {
  readonly instanceId: string;
  readonly imageId: string;
  readonly state: InstanceState;
  readonly launchedAt: number;
  readonly clientToken?: string;
  readonly instanceType: string;
  readonly subnetId?: string;
  readonly instanceProfileArn?: string;
  readonly hasAgent: boolean;
  readonly hasStub: boolean;
  /** In Base64. */
  readonly userData?: string;
  /** Why it was terminated. */
  readonly reason?: string;
}

/** Everything that this service keeps in the store. */
export interface Ec2Tables {
  readonly images: Table<ImageRecord>;
  readonly snapshots: Table<SnapshotRecord>;
  readonly launchTemplates: Table<LaunchTemplateRecord>;
  readonly instances: Table<InstanceRecord>;
  /** By resource id. */
  readonly tags: Table<Readonly<Record<string, string>>>;
}

/** The service's tables in the host's store. */
export const ec2Tables = ({ store }: Host): Ec2Tables => ({
  images: store.table('ec2.images'),
  snapshots: store.table('ec2.snapshots'),
  launchTemplates: store.table('ec2.launchTemplates'),
  instances: store.table('ec2.instances'),
  tags: store.table('ec2.tags'),
});

/** ARN of an EC2 resource of this account. @param path for example `instance/i-0abc` */
export const ec2Arn = (host: Host, path: string): string =>
  `arn:${host.partition}:ec2:${host.region}:${host.accountId}:${path}`;
