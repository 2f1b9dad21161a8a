/** Why an image is built although the application reuses images. */
export type BuildReason =
  /** Something that decides could not be read. */
  | 'NotKnown'
  /** An earlier build of the state failed, perhaps by what is in the newest image: a redrive builds again. */
  | 'Redriven'
  /** The image pipeline has made none yet, or none that is available. */
  | 'NoImage'
  /** Somebody asked for new images since. */
  | 'Rebake'
  /** It is marked bad, or a package in it is. */
  | 'MarkedBad'
  /** The image pipeline builds another version of the recipe by now. */
  | 'RecipeChanged'
  /** EC2 does not have its AMI any more where it is used, or the AMI is not available. */
  | 'ImageGone'
  /** What it was made from is not the newest parent any more. */
  | 'ParentChanged'
  /** Amazon Linux 2023 was released since: packages may be newer. */
  | 'NewerPackages'
  /** It is older than `image.reuseDays`. */
  | 'TooOld';

/** What a job did about an image, where images are reused: texts, as its evidence keeps it. */
export type ImageChoice =
  | {
      readonly choice: 'reuse';
      /** When the build of the image began, ISO 8601. */
      readonly builtAt: string;
      readonly sentence: string;
    }
  | { readonly choice: 'build'; readonly because: BuildReason; readonly sentence: string };
