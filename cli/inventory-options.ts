import type { Environment } from '../tasks/payloads.ts';
import { UsageError } from './arguments.ts';
import { type SbomFormat, sbomFormats } from './sbom-formats.ts';

/** An image as the command line names it: an AMI's id, a promotion, or `live`. */
interface GivenImages {
  readonly application?: string;
  /** Of promotions. */
  readonly environment?: Environment;
}

/** What is in images. */
export type InventoryCommand =
  | ({
      readonly name: 'sbom';
      readonly image: string;
      readonly format: SbomFormat;
      readonly out?: string;
    } & GivenImages)
  | ({ readonly name: 'diff'; readonly images: readonly [before: string, now: string] } & GivenImages);

interface Values {
  readonly application?: string | undefined;
  readonly environment?: string | undefined;
  readonly format?: string | undefined;
  readonly out?: string | undefined;
}

const readFormat = (given: string): SbomFormat => {
  if (Object.hasOwn(sbomFormats, given)) return given as SbomFormat;
  throw new UsageError(
    `--format must be one of ${Object.keys(sbomFormats).join(', ')}, got ${JSON.stringify(given)}.`,
  );
};

const readEnvironment = (given: string): Environment => {
  if (given === 'qat' || given === 'prod') return given;
  throw new UsageError(`--environment must be qat or prod, got ${JSON.stringify(given)}.`);
};

/** Reads `sbom` and `diff`. @throws UsageError */
export function readInventoryCommand(
  name: InventoryCommand['name'],
  { application, environment, format, out }: Values,
  operands: readonly string[],
): InventoryCommand {
  const given: GivenImages = {
    ...(application !== undefined && { application }),
    ...(environment !== undefined && { environment: readEnvironment(environment) }),
  };
  const [one, other, surplus] = operands;
  const tooMany = name === 'sbom' ? other : surplus;
  if (tooMany !== undefined) throw new UsageError(`${name} does not take ${JSON.stringify(tooMany)}.`);
  if (name === 'sbom') {
    if (!one) throw new UsageError('sbom takes an AMI, a promotion or live, got none.');
    return {
      name,
      image: one,
      format: readFormat(format ?? 'cyclonedx'),
      ...(out !== undefined && { out }),
      ...given,
    };
  }
  if (!one || !other)
    throw new UsageError(
      `diff takes two of an AMI, a promotion and live, got ${one ? `only ${JSON.stringify(one)}` : 'none'}.`,
    );
  return { name, images: [one, other], ...given };
}
