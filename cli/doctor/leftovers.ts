import { paginateListStacks } from '@aws-sdk/client-cloudformation';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { allItems } from '../../tasks/all-items.ts';
import { APPLICATION_TAG, ownImages, snapshotGib } from '../../tasks/images/own-images.ts';
import { usEast1 } from '../../tasks/prices/price-list.ts';
import { type Finding, fault } from './finding.ts';
import { type Place, placeName, readStack, stackResources } from './place.ts';

/** What an application has left that is paid for, though nothing of it stands any more. */
export interface LeftoverFacts {
  readonly application: string;
  /** Of each image, the GiB of its snapshots. */
  readonly images: readonly number[];
  readonly keys: number;
}

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;

/** Images and keys that nobody uses. @param place as messages name it */
export const leftoverFindings = (
  { application, images, keys }: LeftoverFacts,
  place: string,
): readonly Finding[] => {
  if (images.length === 0 && keys === 0) return [];
  const { snapshotGbMonth, keyMonth } = usEast1.prices;
  const size = images.reduce((sum, one) => sum + one, 0);
  return [
    fault(
      `Nobody uses what ${application} has left in ${place}`,
      `${counted(images.length, 'image')} (${size} GiB), ${counted(keys, 'key')}: at most $${(size * snapshotGbMonth + keys * keyMonth).toFixed(2)} a month`,
      `npm run lockstep -- teardown ${application} --delete-leftovers`,
    ),
  ];
};

const STACK = /^Lockstep-(?!Platform)([a-z][a-z0-9-]*)$/;

/** Images of Lockstep's builds, by application, as the GiB of their snapshots. */
async function imagesIn({ clients }: Place): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, readonly number[]>();
  for (const image of await ownImages(clients.ec2)) {
    const application = image.Tags?.find(({ Key }) => Key === APPLICATION_TAG)?.Value ?? '';
    found.set(application, [...(found.get(application) ?? []), snapshotGib(image)]);
  }
  return found;
}

/** Keys that deleted stacks have kept, by application: CloudFormation knows them for 90 days. */
async function keysIn({ clients }: Place): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const { StackName = '', StackId } of await allItems(
    paginateListStacks({ client: clients.cloudFormation }, { StackStatusFilter: ['DELETE_COMPLETE'] }),
    (page) => page.StackSummaries,
  )) {
    const application = STACK.exec(StackName)?.[1];
    if (application === undefined || StackId === undefined) continue;
    for (const { ResourceType, PhysicalResourceId = '' } of await stackResources(
      clients.cloudFormation,
      StackId,
    ))
      if (ResourceType === 'AWS::KMS::Key' && (await isUsable(clients, PhysicalResourceId)))
        found.set(application, [...(found.get(application) ?? []), PhysicalResourceId]);
  }
  return found;
}

async function isUsable({ kms }: Place['clients'], KeyId: string): Promise<boolean> {
  try {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    return KeyMetadata?.KeyState === 'Enabled';
  } catch (error) {
    // It was deleted after its stack.
    if (error instanceof Error && error.name === 'NotFoundException') return false;
    throw error;
  }
}

/** Looks for images and keys of applications that are neither configured nor deployed. */
export const checkLeftovers = async (place: Place): Promise<readonly Finding[]> => {
  const [images, keys] = [await imagesIn(place), await keysIn(place)];
  const configured = new Set(place.stacks.flatMap(({ name }) => STACK.exec(name)?.[1] ?? []));
  const findings: Finding[] = [];
  for (const application of [...new Set([...images.keys(), ...keys.keys()])].sort()) {
    if (configured.has(application)) continue;
    if (await readStack(place.clients.cloudFormation, `Lockstep-${application}`)) continue;
    findings.push(
      ...leftoverFindings(
        {
          application,
          images: images.get(application) ?? [],
          keys: keys.get(application)?.length ?? 0,
        },
        placeName(place),
      ),
    );
  }
  return findings;
};
