import type { Image } from '@aws-sdk/client-imagebuilder';
import { accountOf, regionOf } from '../console-links.ts';

/** The AMI of an image where it was built: a copy of it elsewhere says that it was made from this one. */
export const builtImageId = (imageBuildVersionArn: string, image: Image): string | undefined =>
  image.outputResources?.amis?.find(
    (ami) =>
      ami.region === regionOf(imageBuildVersionArn) &&
      (ami.accountId ?? accountOf(imageBuildVersionArn)) === accountOf(imageBuildVersionArn),
  )?.image;
