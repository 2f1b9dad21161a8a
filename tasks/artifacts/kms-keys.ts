import { DescribeKeyCommand, KMSClient, NotFoundException } from '@aws-sdk/client-kms';
import { ignoring } from '../ignoring.ts';
import type { FindKey } from './artifact-key.ts';

/** Keys in KMS. */
export function createFindKey(clientIn = (region: string) => new KMSClient({ region })): FindKey {
  return async function createFindKey(region, KeyId) {
    const key = await clientIn(region)
      .send(new DescribeKeyCommand({ KeyId }))
      .catch(ignoring(NotFoundException));
    return key?.KeyMetadata?.Arn;
  };
}
