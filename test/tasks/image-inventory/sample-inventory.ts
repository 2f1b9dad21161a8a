import { INVENTORY_FORMAT, type Inventory, type Package } from '../../../tasks/image-inventory/inventory.ts';

const component = (name: string): string =>
  `arn:aws:imagebuilder:us-east-1:000000000000:component/lockstep-orders-${name}/1.0.0/1`;

/** An inventory of a QAT image; `change` replaces parts of it. */
export const sampleInventory = (change: Partial<Inventory> = {}): Inventory => ({
  format: INVENTORY_FORMAT,
  imageId: 'ami-0123456789abcdef0',
  imageBuildVersionArn: 'arn:aws:imagebuilder:us-east-1:000000000000:image/lockstep-orders/1.0.7/3',
  createdAt: '2026-03-01T10:00:00.000Z',
  recipe: {
    arn: 'arn:aws:imagebuilder:us-east-1:000000000000:image-recipe/lockstep-orders/1.0.7',
    name: 'lockstep-orders',
    version: '1.0.7',
    parentImage: 'arn:aws:imagebuilder:us-east-1:aws:image/amazon-linux-2023-x86/x.x.x',
  },
  parent: {
    imageId: 'ami-0aaaaaaaaaaaaaaaa',
    name: 'al2023-ami-2023.7',
    createdAt: '2026-02-20T00:00:00.000Z',
  },
  components: [{ arn: component('security-updates'), digest: 'a'.repeat(64) }, { arn: component('runtime') }],
  packages: [
    { name: 'bash', version: '5.2.15-1.amzn2023.0.2' },
    { name: 'openssl', version: '1:3.2.2-1.amzn2023.0.1' },
  ],
  ...change,
});

/** So many packages, as a whole distribution has them. */
export const manyPackages = (count: number): readonly Package[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `package-${String(index).padStart(4, '0')}`,
    version: `1.${index}.0-1.amzn2023.0.1`,
  }));
