import type { Host } from '../../host.ts';
import type { Table } from '../../store.ts';

/**
 * The AMI of the instance that each AMI was made from, by the made one's id. CreateImage writes it down (EC2's user guide, "Identify the
 * source AMI used to create an AMI"); here an image build has no instance, so it does.
 */
export const sourceImagesOf = ({ store }: Host): Table<string> => store.table('ec2.sourceImages');
