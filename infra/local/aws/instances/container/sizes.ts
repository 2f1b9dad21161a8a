import os from 'node:os';

/** GiB of memory of the sizes up to `large`, as the general purpose families have them. */
const memories: Readonly<Record<string, number>> = { nano: 0.5, micro: 1, small: 2, medium: 4, large: 8 };
const GIB_OF_XLARGE = 16;
const CPUS_OF_XLARGE = 4;
/** vCPUs of the sizes up to `large`. */
const CPUS = 2;

/** Options that limit a container to what an instance type has, as far as this machine has it. */
export const sizeOptions = (instanceType: string): string[] => {
  const size = instanceType.split('.').at(-1) ?? '';
  const [, multiple] = /^(\d*)xlarge$/.exec(size) ?? [];
  const times = multiple === undefined ? undefined : Number(multiple || 1);
  const cpus = times === undefined ? CPUS : times * CPUS_OF_XLARGE;
  const gib = times === undefined ? (memories[size] ?? memories.micro ?? 1) : times * GIB_OF_XLARGE;
  const mib = Math.min(gib * 1_024, Math.floor(os.totalmem() / 2 ** 20));
  return [`--cpus=${Math.min(cpus, os.availableParallelism())}`, `--memory=${mib}m`];
};
