/** Links into the AWS console, for people who look into a failure. */

/**
 * The line of a cause or a mail that leads into the console. None where the functions are given an endpoint of their own
 * instead of AWS's, as on the local run: no console shows what is there.
 */
export const consoleLine = (link: string, label = 'Console'): readonly string[] =>
  process.env.AWS_ENDPOINT_URL ? [] : [`${label}: ${link}`];

const home = (region: string): string => `https://${region}.console.aws.amazon.com`;

/** The region of an ARN, its fourth part. */
export const regionOf = (arn: string): string => arn.split(':')[3] ?? '';

/** The account of an ARN, its fifth part. */
export const accountOf = (arn: string): string => arn.split(':')[4] ?? '';

/** An execution's graph. */
export function executionLink(executionArn: string): string {
  const region = regionOf(executionArn);
  return `${home(region)}/states/home?region=${region}#/v2/executions/details/${executionArn}`;
}

/** An image build. */
export function imageLink(imageBuildVersionArn: string): string {
  const region = regionOf(imageBuildVersionArn);
  return `${home(region)}/imagebuilder/home?region=${region}#/images/${imageBuildVersionArn}`;
}

/** A build of CodeBuild. @param id `<project>:<id>` */
export const codeBuildLink = (region: string, account: string, id: string): string =>
  `${home(region)}/codesuite/codebuild/${account}/projects/${id.split(':')[0]}/build/${encodeURIComponent(id)}?region=${region}`;

/** An Auto Scaling group's instance refreshes. */
export const instanceRefreshLink = (region: string, autoScalingGroupName: string): string =>
  `${home(region)}/ec2/home?region=${region}#AutoScalingGroupDetails:id=${autoScalingGroupName};view=instanceRefresh`;

/** One run of a pipeline. */
export const pipelineRunLink = (region: string, pipelineName: string, pipelineExecutionId: string): string =>
  `${home(region)}/codesuite/codepipeline/pipelines/${pipelineName}/executions/${pipelineExecutionId}/timeline?region=${region}`;

/** One deployment. */
export const deploymentLink = (region: string, deploymentId: string): string =>
  `${home(region)}/codesuite/codedeploy/deployments/${deploymentId}?region=${region}`;

/** One alarm of CloudWatch. */
export const alarmLink = (region: string, name: string): string =>
  `${home(region)}/cloudwatch/home?region=${region}#alarmsV2:alarm/${encodeURIComponent(name)}`;

/** One commit of a CodeCommit repository. */
export const commitLink = (region: string, repositoryName: string, commitId: string): string =>
  `${home(region)}/codesuite/codecommit/repositories/${repositoryName}/commit/${commitId}?region=${region}`;

/** One pull request of a CodeCommit repository. */
export const pullRequestLink = (region: string, repositoryName: string, pullRequestId: string): string =>
  `${home(region)}/codesuite/codecommit/repositories/${repositoryName}/pull-requests/${pullRequestId}?region=${region}`;

/** What differs between two commits of a CodeCommit repository. */
export const diffLink = (region: string, repositoryName: string, before: string, after: string): string =>
  `${home(region)}/codesuite/codecommit/repositories/${repositoryName}/compare/${after}/.../${before}?region=${region}`;
