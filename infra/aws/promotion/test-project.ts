import type { CfnPipeline } from 'aws-cdk-lib/aws-codepipeline';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { LOAD_TEST_STAGE, QAT_URL_VARIABLE } from '../../../tasks/payloads.ts';
import type { TestConfig } from '../../config.ts';
import { CodeBuildProject, type CodeBuildProjectProps } from './code-build-project.ts';
import { SOURCE_ARTIFACT } from './pipeline-parts.ts';

interface TestProjectProps extends Omit<CodeBuildProjectProps, 'config'> {
  readonly test: TestConfig;
  /** Tests what runs on QAT, after the deployment. @default the commit, before it */
  readonly isLoadTest?: boolean;
}

/** Runs the application's own tests, as its buildspec says, on what the pipeline deploys. */
export class TestProject {
  readonly name: string;
  readonly arn: string;
  /** Of builds that run in the VPC. */
  readonly securityGroup: ISecurityGroup | undefined;
  private readonly isLoadTest: boolean;

  constructor(scope: Construct, id: string, { test, isLoadTest = false, ...props }: TestProjectProps) {
    const { name, arn, securityGroup } = new CodeBuildProject(scope, id, {
      ...props,
      config: test,
      purpose: isLoadTest ? 'load-test' : 'test',
      description: isLoadTest
        ? `Tests of ${props.application} under load, after a commit is deployed to QAT`
        : `Tests of ${props.application}, before a commit is deployed to QAT`,
      source: { type: 'CODEPIPELINE' },
      output: { type: 'CODEPIPELINE' },
      grants: [
        {
          actions: ['s3:GetObject', 's3:GetObjectVersion'],
          resources: [props.artifacts.arnForObjects('*')],
          wildcard: 'Revisions of this application alone: CodePipeline names each by its run.',
        },
      ],
    });
    this.name = name;
    this.arn = arn;
    this.securityGroup = securityGroup;
    this.isLoadTest = isLoadTest;
  }

  /** The pipeline's stage. */
  get stage(): CfnPipeline.StageDeclarationProperty {
    const name = this.isLoadTest ? LOAD_TEST_STAGE : 'Test';
    return {
      name,
      actions: [
        {
          name,
          actionTypeId: { category: 'Test', owner: 'AWS', provider: 'CodeBuild', version: '1' },
          configuration: {
            ProjectName: this.name,
            ...(this.isLoadTest && {
              EnvironmentVariables: JSON.stringify([
                { name: QAT_URL_VARIABLE, value: `#{variables.${QAT_URL_VARIABLE}}`, type: 'PLAINTEXT' },
              ]),
            }),
          },
          inputArtifacts: [{ name: SOURCE_ARTIFACT }],
          runOrder: 1,
        },
      ],
    };
  }
}
