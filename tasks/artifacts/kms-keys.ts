import { DescribeKeyCommand, KMSClient, NotFoundException } from '@aws-sdk/client-kms';
import type { FindKey } from './artifact-key.ts';

/** Keys in KMS. */
export const createFindKey =
  (clientIn = (region: string) => new KMSClient({ region })): FindKey =>
  async (region, KeyId) => {
    try {
      return (await clientIn(region).send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.Arn;
    } catch (error) {
      if (error instanceof NotFoundException) return undefined;
      throw error;
    }
  };
