import { basename } from 'node:path';
import type { Path, Report } from './environments.ts';
import { type ImageConfig, isDocument, isOneBuild, MOST_COMPONENTS } from './image-schema.ts';

/** Per GiB (EC2's user guide, "General Purpose SSD volumes"). */
const MOST_IOPS = 500;
/** Operations per second for each MiB per second. */
const IOPS_FOR_THROUGHPUT = 4;
/** What a volume has without being told. */
const LEAST_IOPS = 3_000;

/** Lockstep's own around the components that scan. */
const SCAN_COMPONENTS = 2;

/** Settings of an image that exclude or need each other. */
export function checkImage(image: ImageConfig, path: Path, report: Report): void {
  const { components, tests, volume, scan, gate } = image;
  checkReuse(image, path, report);
  if (gate !== undefined && scan === 'off')
    report(
      [...path, 'gate'],
      gate,
      'Nothing scans the images: set image.scan as well, or leave out image.gate.',
    );
  if (scan === 'component' && components.length === 0)
    report(
      [...path, 'scan'],
      scan,
      'No component could run a scanner: name the one that does in image.components.',
    );
  const count = components.length + tests.length;
  const most = scan === 'component' ? MOST_COMPONENTS - SCAN_COMPONENTS : MOST_COMPONENTS;
  if (count > most)
    report(
      [...path, 'components'],
      count,
      `With the tests these are ${count} components: give at most ${most}.`,
    );
  const names = [...components, ...tests].filter(isDocument).map((file) => basename(file).split('.')[0]);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    report(
      [...path, 'components'],
      twice,
      `Two documents are named ${twice}, and components are named by the file: give each its own name.`,
    );
  if (volume === undefined) return;
  const { gibibytes, iops = LEAST_IOPS, throughput } = volume;
  if (iops > LEAST_IOPS && iops > gibibytes * MOST_IOPS)
    report(
      [...path, 'volume', 'iops'],
      iops,
      `A volume has at most ${MOST_IOPS} for each GiB: give at most ${gibibytes * MOST_IOPS}, or a larger volume.`,
    );
  if (throughput !== undefined && throughput * IOPS_FOR_THROUGHPUT > iops)
    report(
      [...path, 'volume', 'throughput'],
      throughput,
      `Each MiB per second needs ${IOPS_FOR_THROUGHPUT} operations per second: give at most ${Math.floor(iops / IOPS_FOR_THROUGHPUT)}, or more iops.`,
    );
}

/** An ARN that leaves a part of the version open may mean something else each day: nobody could say whether two images are equal. */
function checkReuse({ reuse, parent, components, tests }: ImageConfig, path: Path, report: Report): void {
  if (reuse === 'never') return;
  const whole = 'Image Builder could take another one each day, so nothing says whether an image is equal';
  if (parent?.startsWith('arn:') && !isOneBuild(parent))
    report(
      [...path, 'parent'],
      parent,
      `${whole}. With reuse, name one build, such as …/1.0.0/1, an AMI or a parameter.`,
    );
  for (const [key, list] of [
    ['components', components],
    ['tests', tests],
  ] as const)
    list.forEach((one, index) => {
      if (!isDocument(one) && !isOneBuild(one))
        report([...path, key, index], one, `${whole}. With reuse, name one build of it, such as …/1.0.0/1.`);
    });
}
