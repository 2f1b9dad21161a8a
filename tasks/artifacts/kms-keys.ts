import { DescribeKeyCommand, KMSClient, NotFoundException } from '@aws-sdk/client-kms';
import type { FindKey } from './artifact-key.ts';

/** Keys in KMS. */
export function createFindKey(clientIn = (region: string) => new KMSClient({ region })): FindKey {
  return async function createFindKey(region, KeyId) {
    try {
      return (await clientIn(region).send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.Arn;
    } catch (error) {
      if (error instanceof NotFoundException) return undefined;
      throw error;
    }
  };
}
