import type { Image } from '@aws-sdk/client-ec2';

/** The AMI that another one was made from. */
export interface ParentImage {
  readonly imageId: string;
  /** As its owner named it; absent if it cannot be seen any more. */
  readonly name?: string;
  /** When it was made, ISO 8601. */
  readonly createdAt?: string;
}

/**
 * Reads what an AMI was really made from: a recipe may only say "the newest". Undefined if EC2 does not say, as of an AMI in another account.
 * @param image reads one AMI
 */
export function parentReader(image: (imageId: string) => Promise<Image | undefined>) {
  return async function parent(imageId: string): Promise<ParentImage | undefined> {
    const made = await image(imageId);
    if (made?.SourceImageId === undefined) return undefined;
    const source = await image(made.SourceImageId);
    return {
      imageId: made.SourceImageId,
      ...(source?.Name !== undefined && { name: source.Name }),
      ...(source?.CreationDate !== undefined && { createdAt: source.CreationDate }),
    };
  };
}
