import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { AwsError, type Host } from '../../host.ts';
import { replaceFile } from '../../replace-file.ts';

/** Keeps a version from being deleted until then. */
interface Retention {
  /** `GOVERNANCE`: who may bypass it can delete all the same. `COMPLIANCE`: nobody can. */
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  /** In ms. */
  readonly until: number;
}

/** A bucket, as the store keeps it under its name. */
export interface Bucket {
  readonly name: string;
  readonly isVersioned: boolean;
  /** Set for buckets encrypted with a key of KMS. */
  readonly kmsKeyArn?: string;
  /** Set for buckets with Object Lock; `retention` is what new versions get by default. */
  readonly lock?: { readonly retention?: { readonly mode: Retention['mode']; readonly days: number } };
  /** In ms. */
  readonly createdAt: number;
}

/** One version of an object; its bytes are in a file of the bucket's folder. */
export interface ObjectVersion {
  readonly versionId: string;
  /** File name below the bucket's folder; none for a delete marker. */
  readonly file?: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly kmsKeyArn?: string;
  readonly retention?: Retention;
  /** In ms. */
  readonly modifiedAt: number;
}

/** What somebody stores. */
interface NewObject {
  readonly body: Uint8Array;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly kmsKeyArn?: string;
  /** @default the bucket's */
  readonly retention?: Retention;
}

/** Objects of all buckets: bytes in files, everything else in the store. */
export interface ObjectStore {
  readonly put: (bucket: Bucket, key: string, object: NewObject) => ObjectVersion;
  /** The newest version, or the one asked for; `undefined` where there is none or it was deleted. */
  readonly find: (bucket: string, key: string, versionId?: string) => ObjectVersion | undefined;
  readonly read: (bucket: string, version: ObjectVersion) => Uint8Array;
  readonly remove: (bucket: Bucket, key: string, versionId?: string) => { readonly versionId?: string };
  /** Keys whose newest version is no delete marker, in order of their bytes. */
  readonly list: (bucket: string) => { readonly key: string; readonly version: ObjectVersion }[];
  /** Every version and delete marker: by key in order of their bytes, of one key newest first. */
  readonly listVersions: (
    bucket: string,
  ) => { readonly key: string; readonly version: ObjectVersion; readonly isLatest: boolean }[];
  /** Whether a bucket still holds any version of anything. */
  readonly isEmpty: (bucket: string) => boolean;
  readonly removeFolder: (bucket: string) => void;
}

/** In ms. */
const DAY = 86_400_000;

interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  /** Oldest first; one only in buckets without versions. */
  readonly versions: readonly ObjectVersion[];
}

/** Opens the objects below `<stateDir>/s3`. */
export const createObjectStore = (host: Host): ObjectStore => {
  const objects = host.store.table<StoredObject>('s3.objects');
  const folder = (bucket: string) => path.join(host.stateDir, 's3', bucket);
  const idOf = (bucket: string, key: string) => `${bucket}/${key}`;
  const removeFile = (bucket: string, version: ObjectVersion) => {
    if (version.file) fs.rmSync(path.join(folder(bucket), version.file), { force: true });
  };

  const append = (bucket: Bucket, key: string, version: ObjectVersion) => {
    const before = objects.get(idOf(bucket.name, key))?.versions ?? [];
    const kept = bucket.isVersioned ? before : [];
    objects.put(idOf(bucket.name, key), { bucket: bucket.name, key, versions: [...kept, version] });
    // The store no longer knows these: a crash before this line leaves a file that nobody reads.
    for (const old of before) if (!kept.includes(old)) removeFile(bucket.name, old);
  };

  return {
    put: (bucket, key, { body, contentType, metadata, kmsKeyArn, retention: asked }) => {
      const byDefault = bucket.lock?.retention;
      const retention =
        asked ?? (byDefault && { mode: byDefault.mode, until: host.clock.now() + byDefault.days * DAY });
      const file = randomUUID();
      fs.mkdirSync(folder(bucket.name), { recursive: true });
      replaceFile(path.join(folder(bucket.name), file), body, 0o600);
      const version: ObjectVersion = {
        versionId: bucket.isVersioned ? file.replaceAll('-', '') : 'null',
        file,
        size: body.byteLength,
        etag: createHash('md5').update(body).digest('hex'),
        contentType: contentType ?? 'application/octet-stream',
        metadata: metadata ?? {},
        ...(kmsKeyArn !== undefined && { kmsKeyArn }),
        ...(retention && { retention }),
        modifiedAt: host.clock.now(),
      };
      append(bucket, key, version);
      return version;
    },
    find: (bucket, key, versionId) => {
      const versions = objects.get(idOf(bucket, key))?.versions ?? [];
      const found =
        versionId === undefined ? versions.at(-1) : versions.find((one) => one.versionId === versionId);
      return found?.file === undefined ? undefined : found;
    },
    read: (bucket, version) => {
      if (!version.file) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
      return new Uint8Array(fs.readFileSync(path.join(folder(bucket), version.file)));
    },
    remove: (bucket, key, versionId) => {
      const id = idOf(bucket.name, key);
      const known = objects.get(id);
      if (!known) return {};
      if (bucket.isVersioned && versionId === undefined) {
        const marker = randomUUID().replaceAll('-', '');
        append(bucket, key, {
          versionId: marker,
          size: 0,
          etag: '',
          contentType: '',
          metadata: {},
          modifiedAt: host.clock.now(),
        });
        return { versionId: marker };
      }
      const kept = versionId ? known.versions.filter((one) => one.versionId !== versionId) : [];
      if (kept.length > 0) objects.put(id, { ...known, versions: kept });
      else objects.delete(id);
      for (const old of known.versions) if (!kept.includes(old)) removeFile(bucket.name, old);
      return {};
    },
    list: (bucket) =>
      objects
        .values()
        .filter((one) => one.bucket === bucket)
        .flatMap(({ key, versions }) => {
          const version = versions.at(-1);
          return version?.file === undefined ? [] : [{ key, version }];
        })
        .sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key))),
    listVersions: (bucket) =>
      objects
        .values()
        .filter((one) => one.bucket === bucket)
        .sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)))
        .flatMap(({ key, versions }) =>
          [...versions].reverse().map((version, index) => ({ key, version, isLatest: index === 0 })),
        ),
    isEmpty: (bucket) => !objects.values().some((one) => one.bucket === bucket),
    removeFolder: (bucket) => fs.rmSync(folder(bucket), { recursive: true, force: true }),
  };
};
