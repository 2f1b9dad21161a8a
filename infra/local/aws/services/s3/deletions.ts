import type {
  DeleteBucketPolicyRequest,
  DeleteBucketRequest,
  DeleteObjectOutput,
  DeleteObjectRequest,
  DeleteObjectsOutput,
  DeleteObjectsRequest,
  _Error as DeletionError,
} from '@aws-sdk/client-s3';
import { type Access, AwsError, type Host, type Operation, type PolicyDocument } from '../../host.ts';
import type { Bucket, ObjectStore } from './objects.ts';

/** What the operations are made of. */
interface Parts {
  readonly host: Host;
  readonly objects: ObjectStore;
  /** Each of several objects is deleted as one is. */
  readonly deleteObject: Operation<DeleteObjectRequest, DeleteObjectOutput>;
}

/** Objects of one request, S3's limit. */
const MOST_OBJECTS = 1000;

/** Deletes a bucket. @throws AwsError `BucketNotEmpty` while it has any version of anything */
export const deleteBucketNow = (host: Host, objects: ObjectStore, name: string): void => {
  if (!objects.isEmpty(name))
    throw new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty', 409, {
      BucketName: name,
    });
  host.store.table<Bucket>('s3.buckets').delete(name);
  host.store.table<PolicyDocument>('s3.policies').delete(name);
  objects.removeFolder(name);
};

/** DeleteObjects, DeleteBucket, DeleteBucketPolicy. */
export const deletionOperations = ({ host, objects, deleteObject }: Parts): Record<string, Operation> => {
  const on =
    (action: string) =>
    ({ Bucket: name }: { Bucket?: string | undefined }): Access => ({
      action: `s3:${action}`,
      resource: `arn:${host.partition}:s3:::${name}`,
    });
  const bucketNamed = (name = ''): string => {
    if (host.store.table<Bucket>('s3.buckets').has(name)) return name;
    throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
  };

  const deleteObjects: Operation<DeleteObjectsRequest, DeleteObjectsOutput> = {
    // Each object is authorized by itself: one that may not be deleted is an error in the answer.
    requires: () => [],
    run: async ({ Bucket, Delete, BypassGovernanceRetention }, call) => {
      bucketNamed(Bucket);
      const wanted = Delete?.Objects ?? [];
      if (wanted.length === 0 || wanted.length > MOST_OBJECTS)
        throw new AwsError(
          'MalformedXML',
          `A request deletes 1 to ${MOST_OBJECTS} objects, got ${wanted.length}.`,
        );
      const Errors: DeletionError[] = [];
      const Deleted: NonNullable<DeleteObjectsOutput['Deleted']> = [];
      for (const { Key, VersionId } of wanted) {
        const one: DeleteObjectRequest = {
          Bucket,
          Key,
          ...(VersionId !== undefined && { VersionId }),
          ...(BypassGovernanceRetention !== undefined && { BypassGovernanceRetention }),
        };
        const names = { Key, ...(VersionId !== undefined && { VersionId }) };
        try {
          if (call.principal.kind !== 'administrator')
            host.authorize(call.principal, deleteObject.requires(one, call));
          await deleteObject.run(one, call);
          Deleted.push(names);
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          Errors.push({ ...names, Code: error.name, Message: error.message });
        }
      }
      return { ...(Delete?.Quiet !== true && { Deleted }), ...(Errors.length > 0 && { Errors }) };
    },
  };

  const deleteBucket: Operation<DeleteBucketRequest, object> = {
    requires: on('DeleteBucket'),
    run: ({ Bucket }) => {
      deleteBucketNow(host, objects, bucketNamed(Bucket));
      return {};
    },
  };

  const deleteBucketPolicy: Operation<DeleteBucketPolicyRequest, object> = {
    requires: on('DeleteBucketPolicy'),
    run: ({ Bucket }) => {
      host.store.table<PolicyDocument>('s3.policies').delete(bucketNamed(Bucket));
      return {};
    },
  };

  return { DeleteObjects: deleteObjects, DeleteBucket: deleteBucket, DeleteBucketPolicy: deleteBucketPolicy };
};
