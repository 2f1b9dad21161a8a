import type {
  GetServiceQuotaCommandInput,
  GetServiceQuotaCommandOutput,
} from '@aws-sdk/client-service-quotas';
import { AwsError, type Host, type Operation, type Service } from '../../host.ts';

/** Quotas of an account that has been in use for a while, by service and code. */
const quotas: Readonly<Record<string, { readonly name: string; readonly value: number }>> = {
  'ec2/L-1216C47A': {
    name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
    value: 64,
  },
  ...Object.fromEntries(
    Object.entries({
      'L-9D07B6EF': 'Linux/Small',
      'L-2DC20C30': 'Linux/Medium',
      'L-4DDC4A99': 'Linux/Large',
      'L-5ED1D25B': 'ARM/Small',
      'L-596BEAB4': 'ARM/Large',
    }).map(([code, machine]) => [
      `codebuild/${code}`,
      { name: `Concurrently running builds for ${machine} environment`, value: 60 },
    ]),
  ),
};

/** Service Quotas: what the account may have. Nothing here enforces it. */
export const createServiceQuotasService = (host: Host): Service => {
  const getServiceQuota: Operation<
    GetServiceQuotaCommandInput,
    Omit<GetServiceQuotaCommandOutput, '$metadata'>
  > = {
    requires: () => ({ action: 'servicequotas:GetServiceQuota', resource: '*' }),
    run: ({ ServiceCode = '', QuotaCode = '' }) => {
      const quota = quotas[`${ServiceCode}/${QuotaCode}`];
      if (!quota)
        throw new AwsError(
          'NoSuchResourceException',
          'The request failed because the specified resource does not exist.',
        );
      return {
        Quota: {
          ServiceCode,
          QuotaCode,
          QuotaName: quota.name,
          QuotaArn: `arn:${host.partition}:servicequotas:${host.region}:${host.accountId}:${ServiceCode}/${QuotaCode}`,
          Value: quota.value,
          Adjustable: true,
          GlobalQuota: false,
        },
      };
    },
  };
  return { name: 'servicequotas', operations: { GetServiceQuota: getServiceQuota }, resources: {} };
};
