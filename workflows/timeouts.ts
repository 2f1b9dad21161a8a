import { Duration } from 'aws-cdk-lib';
import { MOST_HELD_DAYS } from '../tasks/calendar/calendar.ts';

/** Image Builder builds and tests take 15 to 45 minutes, and may queue. */
export const imageBuildTimeout = Duration.hours(3);

/** A build of CodeBuild, which may queue for an hour, and some minutes to learn of its end. */
export const revisionBuildTimeout = (build: Duration): Duration => sum(build, Duration.minutes(75));

/** One instance stops, one starts. */
export const instanceRefreshTimeout = Duration.hours(1);

/** A silent CodeDeploy agent takes up to 70 minutes to fail a deployment; the hooks come on top. */
export const qatDeploymentTimeout = Duration.hours(2);

/** The same with tests before or after it, which may queue for an hour. */
export const testedDeploymentTimeout = (tests: Duration, deployment = qatDeploymentTimeout): Duration =>
  Duration.minutes(deployment.toMinutes() + Duration.hours(1).toMinutes() + tests.toMinutes());

/** Provisioning, hooks on one instance after the other, and the soak, in which the old fleet is kept. */
export const prodDeploymentTimeout = (soak: Duration): Duration =>
  Duration.minutes(Duration.hours(3).toMinutes() + soak.toMinutes());

/** The calendar may hold a promotion so long. */
const frozen = Duration.days(MOST_HELD_DAYS);

/**
 * A promotion waits for QAT as long as another may have it: its build, image, instance and deployment, and a week or so for QC; and for the
 * calendar.
 * @param deployment timeout of the QAT deployment
 * @param build timeout of the build
 */
export const lockQatTimeout = (
  approvalExpiry: Duration,
  deployment: Duration,
  build: Duration = Duration.seconds(0),
): Duration =>
  sum(
    frozen,
    approvalExpiry,
    build,
    imageBuildTimeout,
    pointAtImageTimeout,
    instanceRefreshTimeout,
    deployment,
  );

/**
 * Several may wait for Prod, where each takes hours: as many as have been approved within the time that approvers have; and for the calendar.
 * @param deployment timeout of the Prod deployment
 * @param image timeout of what people decide about a Prod image while it is locked
 */
export const lockProdTimeout = (
  approvalExpiry: Duration,
  deployment: Duration,
  image: Duration = Duration.seconds(0),
): Duration =>
  sum(frozen, approvalExpiry, imageBuildTimeout, image, pointAtImageTimeout, deployment, verifyProdTimeout);

/** QC and PMO decide about a Prod image one after the other. */
export const imageApprovalsTimeout = (approvalExpiry: Duration): Duration =>
  sum(approvalExpiry, approvalExpiry, confirmApproversTimeout);

const sum = (...durations: readonly Duration[]): Duration =>
  Duration.seconds(durations.reduce((total, each) => total + each.toSeconds(), 0));

/** Writes the image's parameter and reads it back until AWS has validated it. */
export const pointAtImageTimeout = Duration.minutes(5);

/** Looks at an image and a revision. A repository's provider may ask to wait for a minute. */
export const checkReleaseTimeout = Duration.minutes(5);

/** Reads the files that a commit changes, one by one. A repository's provider may ask to wait for a minute. */
export const scanCommitTimeout = Duration.minutes(11);

/** Two reads of the ledger. */
export const confirmApproversTimeout = Duration.minutes(1);

/** Reads what serves and repairs the fleet's size and target group. */
export const verifyProdTimeout = Duration.minutes(10);
