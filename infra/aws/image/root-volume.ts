import type { ImageConfig } from '../../config.ts';

/** The root volume of images and instances, as CloudFormation spells it in recipes and launch templates alike. */
export const rootVolume = (volume: ImageConfig['volume']) => ({
  volumeType: 'gp3',
  deleteOnTermination: true,
  ...(volume && { volumeSize: volume.gibibytes }),
  ...(volume?.iops !== undefined && { iops: volume.iops }),
  ...(volume?.throughput !== undefined && { throughput: volume.throughput }),
});
