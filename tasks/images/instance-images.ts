import { type EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2';

/** Reads what instances run: AMI by instance id. */
export type ReadInstanceImages = (
  instanceIds: readonly string[],
) => Promise<Readonly<Record<string, string | undefined>>>;

/** That an instance runs another image than the approved one; nothing if it does not. */
export const otherImage = (
  instanceId: string,
  image: string | undefined,
  approved: string,
): readonly string[] =>
  image === approved ? [] : [`instance ${instanceId} runs ${image ?? 'an unknown image'}, not ${approved}`];

/** What instances run, by EC2. */
export const readInstanceImages =
  (ec2: EC2Client): ReadInstanceImages =>
  async (instanceIds) => {
    const images: Record<string, string | undefined> = {};
    // Without ids EC2 would describe every instance of the account.
    if (instanceIds.length === 0) return images;
    for await (const page of paginateDescribeInstances({ client: ec2 }, { InstanceIds: [...instanceIds] }))
      for (const instance of (page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances))
        if (instance.InstanceId !== undefined) images[instance.InstanceId] = instance.ImageId;
    return images;
  };
