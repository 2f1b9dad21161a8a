import type { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import type { ApplicationConfig } from '../../config.ts';

/** Actions that are allowed, and the resources that they are allowed on. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** Where an application's revisions come from, as pipelines and triggers see it. */
export interface Source {
  /** As start-promotion knows it: repository, `owner/name`, or `bucket/key`. */
  readonly repositoryName: string;
  /** The source action of both pipelines. None of them is started by a push. */
  readonly action: {
    readonly provider: string;
    readonly configuration: Readonly<Record<string, unknown>>;
  };
  /** The action's output variable that holds the revision. */
  readonly revisionVariable: 'CommitId' | 'VersionId';
  /** What pins the revision. @default a commit's id */
  readonly revisionType?: 'S3_OBJECT_VERSION_ID';
  /** What the pipelines' roles need to read it. */
  readonly read: readonly Grant[];
  /** How CodeBuild reads it, and what its role needs for that. @default it is not known where the repository is cloned */
  readonly clone?: {
    readonly source: Omit<CfnProject.SourceProperty, 'buildSpec'>;
    readonly grants: readonly Grant[];
  };
  /** What start-promotion needs to read about it. */
  readonly describe: readonly Grant[];
  /** What check-release needs to see that a revision is still there. */
  readonly look: readonly Grant[];
  /** What scan-commit needs to read the files of a commit. */
  readonly files: readonly Grant[];
  /** What request-approval needs to list the changes. */
  readonly compare: readonly Grant[];
  /** The action that request-approval needs to read who pushed. @default nobody records it */
  readonly recordOfPushes?: string;
  /** Events of a push. @default there are none: the push pipeline starts the promotion */
  readonly pushes?: EventPattern;
  /** Events of what else happens in the repository, by what the configuration calls it. @default there are none */
  readonly news?: Readonly<Record<ApplicationConfig['repositoryMails'][number], EventPattern>>;
  /** Where the provider's REST API is read, and the secret with its token. @default it is not read */
  readonly api?: { readonly provider: string; readonly url: string; readonly tokenSecretArn: string };
  /** Public keys of the manifests in archives: SPKI in DER, base64. @default archives have none */
  readonly manifestKeys?: readonly string[];
  /** Outputs of the stack: where to push to. */
  readonly outputs: Readonly<Record<string, string>>;
}
