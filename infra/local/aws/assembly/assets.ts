import type { Store } from '../store.ts';

/** A file or folder that CDK would upload to its bootstrap bucket; locally it stays where synthesis put it. */
export interface LocalAsset {
  /** Absolute path. */
  readonly path: string;
  /** `zip`: a folder that AWS would get as a zip file. `file`: one file, as it is. */
  readonly packaging: 'zip' | 'file';
}

const assetsOf = (store: Store) => store.table<LocalAsset>('assembly.assets');

/** What stands behind an `S3Bucket` and `S3Key` of the templates, if they name an asset of the assembly. */
export const findAsset = (store: Store, bucket: string, key: string): LocalAsset | undefined =>
  assetsOf(store).get(`${bucket}/${key}`);

/** Remembers where an asset is; writes only what has changed. */
export const recordAsset = (store: Store, bucket: string, key: string, asset: LocalAsset): void => {
  const known = findAsset(store, bucket, key);
  if (known?.path === asset.path && known.packaging === asset.packaging) return;
  assetsOf(store).put(`${bucket}/${key}`, asset);
};
