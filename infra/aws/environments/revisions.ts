import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { acknowledgeWildcards } from '../nag-acknowledgements.ts';
import { allow } from '../permissions.ts';
import { rolesOf } from '../service-principal.ts';

/** An application's revisions, as those see them that fetch them. */
export interface Revisions {
  /** ARN of all of them. */
  readonly objects: string;
  /** Lets a role decrypt them. */
  readonly allowDecrypt: (role: Role) => void;
}

/** A bucket that pipelines keep revisions in, and its key. */
export interface ArtifactStore {
  readonly bucket: Bucket;
  readonly key: Key;
}

/** Revisions in the account and region that their readers are in. */
export const revisionsHere = ({ bucket, key }: ArtifactStore): Revisions => ({
  objects: bucket.arnForObjects('*'),
  allowDecrypt: (role) => allow(role, ['kms:Decrypt'], [key.keyArn]),
});

/**
 * Revisions that readers elsewhere fetch. The key's id is not known there: which key it is follows from the bucket that it
 * decrypts, and the key's own policy names each reader.
 */
const revisionsElsewhere = ({ bucket, key }: ArtifactStore): Revisions => ({
  objects: bucket.arnForObjects('*'),
  allowDecrypt: (role) => {
    const stack = Stack.of(key);
    const keys = stack.formatArn({
      service: 'kms',
      resource: 'key',
      resourceName: '*',
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    allow(role, ['kms:Decrypt'], [keys], {
      StringEquals: { 'kms:ViaService': `s3.${stack.region}.amazonaws.com` },
    });
    allow(role, ['kms:DescribeKey'], [keys]);
    acknowledgeWildcards(
      role,
      "The key's id is made in another account; its policy names this role, and what is decrypted comes from that account's bucket, whose policy does as well.",
      keys,
    );
  },
});

/** Revisions in the region of a reader's stack, whichever account they are in. */
export const revisionsFor = (reader: Stack, store: ArtifactStore): Revisions =>
  Stack.of(store.bucket).account === reader.account ? revisionsHere(store) : revisionsElsewhere(store);

/** Lets roles of an account read an application's revisions. In the bucket's own account their policies are enough. */
export function allowReading(
  { bucket, key }: ArtifactStore,
  account: string,
  readers: readonly Role[],
): void {
  if (Stack.of(bucket).account === account) return;
  const readersOnly = rolesOf(
    account,
    readers.map(({ roleArn }) => roleArn),
  );
  bucket.addToResourcePolicy(
    new PolicyStatement({
      principals: [readersOnly],
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [bucket.arnForObjects('*')],
    }),
  );
  bucket.addToResourcePolicy(
    new PolicyStatement({
      principals: [readersOnly],
      actions: ['s3:GetBucketVersioning'],
      resources: [bucket.bucketArn],
    }),
  );
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [readersOnly],
      actions: ['kms:Decrypt', 'kms:DescribeKey'],
      resources: ['*'],
    }),
  );
}
