import type {
  _InstanceType,
  DescribeInstanceTypesRequest,
  DescribeInstanceTypesResult,
  DescribeRegionsRequest,
  DescribeRegionsResult,
} from '@aws-sdk/client-ec2';
import { AwsError, type Host, type Operation } from '../../host.ts';

/** vCPUs of the sizes below `xlarge`: as most families have them. */
const smallSizes: Readonly<Record<string, number>> = { nano: 2, micro: 2, small: 2, medium: 2, large: 2 };
const VCPUS_OF_XLARGE = 4;

/** A size says how many vCPUs a type has: each `xlarge` is four. */
const vcpusOf = (instanceType: string): number | undefined => {
  const [, size = ''] = /^[a-z][a-z0-9-]*\d[a-z0-9-]*\.([a-z0-9]+)$/.exec(instanceType) ?? [];
  const [, multiple] = /^(\d*)xlarge$/.exec(size) ?? [];
  return multiple === undefined ? smallSizes[size] : VCPUS_OF_XLARGE * Number(multiple || 1);
};

/** What EC2 says of the account's region and of instance types. The emulator has one region, which is enabled. */
export const accountOperations = (host: Host): Record<string, Operation> => {
  const describeRegions: Operation<DescribeRegionsRequest, DescribeRegionsResult> = {
    requires: () => ({ action: 'ec2:DescribeRegions', resource: '*' }),
    run: ({ RegionNames = [] }) => {
      const unknown = RegionNames.filter((name) => name !== host.region);
      if (unknown.length > 0)
        throw new AwsError('InvalidParameterValue', `Invalid region: ${unknown.join(', ')}`);
      return {
        Regions: [
          {
            RegionName: host.region,
            Endpoint: `ec2.${host.region}.amazonaws.com`,
            OptInStatus: 'opt-in-not-required',
          },
        ],
      };
    },
  };

  const describeInstanceTypes: Operation<DescribeInstanceTypesRequest, DescribeInstanceTypesResult> = {
    requires: () => ({ action: 'ec2:DescribeInstanceTypes', resource: '*' }),
    run: ({ InstanceTypes = [] }) => {
      if (InstanceTypes.length === 0)
        throw new AwsError(
          'InvalidParameterValue',
          'The emulator has no list of all instance types; name them in InstanceTypes.',
        );
      return {
        InstanceTypes: InstanceTypes.map((instanceType: _InstanceType) => {
          const vcpus = vcpusOf(instanceType);
          if (vcpus === undefined)
            throw new AwsError(
              'InvalidInstanceType',
              `The following supplied instance types do not exist: [${instanceType}]`,
            );
          return { InstanceType: instanceType, VCpuInfo: { DefaultVCpus: vcpus } };
        }),
      };
    },
  };

  return { DescribeRegions: describeRegions, DescribeInstanceTypes: describeInstanceTypes };
};
