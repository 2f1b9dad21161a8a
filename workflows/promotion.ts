import type { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Chain, Choice, Condition, Fail, type IChainable, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import {
  type ApproverRole,
  type BuiltRevision,
  type Candidate,
  type CheckReleaseRequest,
  type ConfirmApproversRequest,
  type Environment,
  type JobParameters,
  type PointAtImageRequest,
  RECALLED,
  REJECTED,
  type ScanCommitRequest,
  STALE,
  SUPERSEDED,
  type VerifyProdRequest,
} from '../tasks/payloads.ts';
import { roleTitles } from '../tasks/words.ts';
import { stateNames as names } from './state-names.ts';
import {
  approvalState,
  functionState,
  isRejected,
  jobState,
  type LockEnds,
  lockState,
  promotionId,
} from './states.ts';
import * as timeouts from './timeouts.ts';

/** Who decided, where a role is not asked. */
const NOT_ASKED = 'nobody';
/** The inventory of a release's QAT image. */
const NOT_INSPECTED = 'none';
/** In what a Prod image differs that is as approved. */
const AS_APPROVED = '';
/** Where the tests of a release are, which are not run again. */
const NO_TESTS = '';

/** What the commit was built into. */
const BUILT = '{% $built %}' as unknown as BuiltRevision;

/** What an environment's states work on. */
interface EnvironmentParts {
  readonly imagePipelineArn: string;
  /** How earlier images are used again. @default each promotion builds */
  readonly imageReuse?: {
    readonly days: number;
    readonly releaseParameter: string;
    readonly parentParameter?: string;
  };
  /** Name of the SSM parameter that the launch template resolves. */
  readonly imageParameterName: string;
  /** The CodePipeline that deploys. */
  readonly pipelineName: string;
}

/** What the definition is made of. */
export interface PromotionParts {
  readonly functions: {
    readonly acquireLock: IFunction;
    readonly checkRelease: IFunction;
    readonly startJob: IFunction;
    readonly pointAtImage: IFunction;
    readonly requestApproval: IFunction;
    readonly confirmApprovers: IFunction;
    readonly verifyProd: IFunction;
    /** @default commits are not scanned for secrets */
    readonly scanCommit?: IFunction;
  };
  readonly environments: Readonly<Record<Environment, EnvironmentParts>>;
  /** Name of QAT's group of one instance. */
  readonly qatAutoScalingGroupName: string;
  /** Name of the source action in both pipelines. */
  readonly sourceAction: string;
  /** What pins the revision that a pipeline deploys. @default a commit's id */
  readonly revisionType?: 'S3_OBJECT_VERSION_ID';
  /** The project that builds each commit, and how long that may take. @default the commit itself is deployed */
  readonly build?: { readonly projectName: string; readonly timeout: Duration };
  /** How long the QAT pipeline's tests may take. @default there are none */
  readonly qatTestTimeout?: Duration;
  /** How QAT is tested under load. @default not */
  readonly qatLoadTest?: {
    readonly timeout: Duration;
    /** Where people reach QAT, or `none`. */
    readonly qatUrl: string;
    readonly port: number;
  };
  /** What follows if a commit seems to have secrets. Goes with `scanCommit`. @default approvers are told */
  readonly secretScan?: ScanCommitRequest['secretScan'];
  /** People are asked about a Prod image that differs from the approved QAT image. @default "Build Prod image" fails */
  readonly onDrift?: 'ask';
  /** How long an approver has. */
  readonly approvalExpiry: Duration;
  /** How long the old Prod fleet is kept after traffic has moved. */
  readonly soak: Duration;
}

/**
 * The promotion of one commit, from push to production; or of an earlier release, with its recorded commit and images. A technical
 * failure fails its state uncaught, so that a redrive resumes there; only a person's rejection, a newer promotion and a bad commit end
 * in a Fail state. The input is `PromotionInput`.
 */
export function promotionDefinition(scope: Construct, parts: PromotionParts): IChainable {
  const { functions, environments, onDrift } = parts;

  const end = (state: string, error: string, comment: string) =>
    Fail.jsonata(scope, state, { comment, error, cause: '{% $states.input.cause %}' });
  const superseded: LockEnds = {
    [SUPERSEDED]: end(
      names.superseded,
      SUPERSEDED,
      'A newer promotion took its place: a redrive ends here again.',
    ),
  };
  const stale: LockEnds = {
    [STALE]: end(names.stale, STALE, 'Prod runs a newer commit: a redrive ends here again.'),
  };
  const recalled: LockEnds = {
    [RECALLED]: end(names.recalled, RECALLED, 'The commit was marked bad: a redrive ends here again.'),
  };
  /** Somebody may mark the commit bad; a redriven state on Prod may find that Prod runs a newer commit. */
  const endsOf = (environment: Environment): LockEnds =>
    environment === 'prod' ? { ...stale, ...recalled } : recalled;

  const buildImage = (state: string, environment: Environment, assign: Record<string, string>) => {
    const { imagePipelineArn, imageReuse } = environments[environment];
    const { days, ...parameters } = imageReuse ?? { days: undefined };
    return jobState(scope, state, functions.startJob, {
      kind: 'image-build',
      environment,
      ends: endsOf(environment),
      parameters: {
        imagePipelineArn,
        environment,
        ...(days !== undefined && { reuseDays: String(days), ...parameters }),
        ...(environment === 'prod' && onDrift && { onDrift }),
      },
      timeout: timeouts.imageBuildTimeout,
      assign,
    });
  };
  const pointAtImage = (state: string, environment: Environment, imageId: string) =>
    functionState<PointAtImageRequest>(scope, state, functions.pointAtImage, {
      environment,
      ends: endsOf(environment),
      request: {
        promotionId,
        environment,
        parameterName: environments[environment].imageParameterName,
        imageId,
      },
      timeout: timeouts.pointAtImageTimeout,
    });
  const deploy = (
    state: string,
    environment: Environment,
    timeout: Duration,
    assign: Record<string, string>,
    loadTest: Partial<Pick<JobParameters['pipeline-run'], 'qatUrl' | 'qatPort' | 'qatGroup'>> = {},
  ) =>
    jobState(scope, state, functions.startJob, {
      kind: 'pipeline-run',
      environment,
      ends: endsOf(environment),
      parameters: {
        pipelineName: environments[environment].pipelineName,
        sourceAction: parts.sourceAction,
        environment,
        commitId: '{% $promotion.commitId %}',
        ...(parts.build
          ? { builtKey: '{% $built.key %}', builtVersion: '{% $built.version %}' }
          : parts.revisionType && { revisionType: parts.revisionType }),
        ...loadTest,
      },
      timeout,
      assign,
    });

  const { build, qatTestTimeout, qatLoadTest, approvalExpiry } = parts;
  const buildTimeout = build && timeouts.revisionBuildTimeout(build.timeout);
  const buildRevision =
    build &&
    jobState(scope, names.buildRevision, functions.startJob, {
      kind: 'code-build',
      environment: 'qat',
      ends: endsOf('qat'),
      parameters: { projectName: build.projectName, commitId: '{% $promotion.commitId %}' },
      timeout: timeouts.revisionBuildTimeout(build.timeout),
      assign: { built: '{% $states.result %}' },
    });
  const qatDeploymentTimeout = [qatTestTimeout, qatLoadTest?.timeout].reduce(
    (sum: Duration, tests) => (tests === undefined ? sum : timeouts.testedDeploymentTimeout(tests, sum)),
    timeouts.qatDeploymentTimeout,
  );
  const prodDeploymentTimeout = timeouts.prodDeploymentTimeout(parts.soak);

  const checkRelease = functionState<CheckReleaseRequest>(scope, names.checkRelease, functions.checkRelease, {
    request: {
      promotionId,
      commitId: '{% $promotion.commitId %}',
      prodImageId: '{% $prodImage %}',
      ...(build && { built: BUILT }),
    },
    ends: recalled,
    timeout: timeouts.checkReleaseTimeout,
  });
  const lockQat = lockState(scope, names.lockQat, functions.acquireLock, {
    environment: 'qat',
    input: '$promotion',
    timeout: timeouts.lockQatTimeout(approvalExpiry, qatDeploymentTimeout, buildTimeout),
    ends: { ...superseded, ...recalled },
  });
  const scanCommit =
    functions.scanCommit &&
    functionState<ScanCommitRequest>(scope, names.scanCommit, functions.scanCommit, {
      environment: 'qat',
      ends: endsOf('qat'),
      request: {
        promotionId,
        application: '{% $promotion.application %}',
        commitId: '{% $promotion.commitId %}',
        secretScan: parts.secretScan ?? 'warn',
      },
      timeout: timeouts.scanCommitTimeout,
    });
  const buildQatImage = buildImage(names.buildQatImage, 'qat', {
    qatImage: '{% $states.result.imageId %}',
    qatInventory: '{% $states.result.inventory %}',
  });
  const pointQatAtImage = pointAtImage(names.pointQatAtImage, 'qat', '{% $qatImage %}');
  const refreshQatInstance = jobState(scope, names.refreshQatInstance, functions.startJob, {
    kind: 'instance-refresh',
    environment: 'qat',
    ends: endsOf('qat'),
    parameters: { autoScalingGroupName: parts.qatAutoScalingGroupName },
    timeout: timeouts.instanceRefreshTimeout,
  });
  const deployToQat = deploy(
    names.deployToQat,
    'qat',
    qatDeploymentTimeout,
    {
      qatDeployment: '{% $states.result.deploymentId %}',
      ...(qatTestTimeout && { qatTests: '{% $states.result.testsUrl %}' }),
      ...(qatLoadTest && { qatLoadTest: '{% $states.result.loadTestUrl %}' }),
    },
    qatLoadTest && {
      qatUrl: qatLoadTest.qatUrl,
      qatPort: String(qatLoadTest.port),
      qatGroup: parts.qatAutoScalingGroupName,
    },
  );

  const candidate: Candidate = {
    application: '{% $promotion.application %}',
    commitId: '{% $promotion.commitId %}',
    branch: '{% $promotion.branch %}',
    pushedBy: '{% $promotion.pushedBy %}',
    qatImageId: '{% $qatImage %}',
    qatInventory: '{% $qatInventory %}',
    qatDeploymentId: '{% $qatDeployment %}',
    ...(qatTestTimeout && { qatTestsUrl: '{% $qatTests %}' }),
    ...(qatLoadTest && { qatLoadTestUrl: '{% $qatLoadTest %}' }),
    ...(build && { built: BUILT }),
  };
  const approvalBy = (
    role: ApproverRole,
    state: string,
    about: { readonly candidate: Candidate; readonly environment?: 'prod'; readonly ends?: LockEnds } = {
      candidate,
    },
  ) =>
    approvalState(scope, state, functions.requestApproval, {
      role,
      timeout: approvalExpiry,
      ...about,
      ends: { ...superseded, ...recalled, ...about.ends },
      assign: { [role]: '{% $states.result %}' },
    });
  const didApprove = (role: ApproverRole, state: string) =>
    Choice.jsonata(scope, state).when(isRejected(role), rejected, {
      outputs: { rejection: `{% '${roleTitles[role]} rejected: ' & $${role}.decidedBy %}` },
    });
  const confirm = (state: string) =>
    functionState<ConfirmApproversRequest>(scope, state, functions.confirmApprovers, {
      request: { promotionId },
      timeout: timeouts.confirmApproversTimeout,
    });
  const qcApproval = approvalBy('qc', names.qcApproval);
  const pmoApproval = approvalBy('pmo', names.pmoApproval);
  const rejected = Fail.jsonata(scope, names.rejected, {
    comment: 'A rejection is final: a redrive ends here again.',
    error: REJECTED,
    cause: '{% $states.input.rejection %}',
  });
  const didQcApprove = didApprove('qc', names.didQcApprove);
  const didPmoApprove = didApprove('pmo', names.didPmoApprove);
  const lockProd = lockState(scope, names.lockProd, functions.acquireLock, {
    environment: 'prod',
    input: '$promotion',
    timeout: timeouts.lockProdTimeout(
      approvalExpiry,
      prodDeploymentTimeout,
      onDrift && timeouts.imageApprovalsTimeout(approvalExpiry),
    ),
    ends: endsOf('prod'),
  });
  const confirmApprovers = confirm(names.confirmApprovers);

  const buildProdImage = buildImage(names.buildProdImage, 'prod', {
    prodImage: '{% $states.result.imageId %}',
    ...(onDrift && {
      prodInventory: '{% $states.result.inventory %}',
      prodDiffers: `{% $exists($states.result.differs) ? $states.result.differs : '${AS_APPROVED}' %}`,
    }),
  });
  const pointProdAtImage = pointAtImage(names.pointProdAtImage, 'prod', '{% $prodImage %}');
  const deployToProd = deploy(names.deployToProd, 'prod', prodDeploymentTimeout, {
    prodDeployment: '{% $states.result %}',
  });
  const verifyProd = functionState<VerifyProdRequest>(scope, names.verifyProd, functions.verifyProd, {
    environment: 'prod',
    ends: stale,
    request: {
      promotionId,
      imageId: '{% $prodImage %}',
      commitId: '{% $promotion.commitId %}',
      pipelineExecutionId: '{% $prodDeployment.pipelineExecutionId %}',
      deploymentId: '{% $prodDeployment.deploymentId %}',
      ...(build && { builtVersion: '{% $built.version %}' }),
    },
    timeout: timeouts.verifyProdTimeout,
  });
  const promoted = Succeed.jsonata(scope, names.promoted, {
    outputs: {
      commitId: '{% $promotion.commitId %}',
      ...(build && { built: BUILT }),
      images: { qat: '{% $qatImage %}', prod: '{% $prodImage %}' },
      deployments: { qat: '{% $qatDeployment %}', prod: '{% $prodDeployment.deploymentId %}' },
      approvedBy: { qc: '{% $qc.decidedBy %}', pmo: '{% $pmo.decidedBy %}' },
    },
  });

  /** Both roles decide about a Prod image that differs from the approved one, while the promotion holds Prod. */
  const askAboutImage = (): Choice => {
    const about = {
      candidate: {
        ...candidate,
        prodImage: {
          imageId: '{% $prodImage %}',
          inventory: '{% $prodInventory %}',
          differs: '{% $prodDiffers %}',
        },
      },
      environment: 'prod',
      ends: stale,
    } as const;
    const qcImageApproval = approvalBy('qc', names.qcImageApproval, about);
    qcImageApproval
      .next(didApprove('qc', names.didQcApproveImage).afterwards({ includeOtherwise: true }))
      .next(approvalBy('pmo', names.pmoImageApproval, about))
      .next(didApprove('pmo', names.didPmoApproveImage).afterwards({ includeOtherwise: true }))
      .next(confirm(names.confirmImageApprovers))
      .next(pointProdAtImage);
    return Choice.jsonata(scope, names.isAsApproved)
      .when(Condition.jsonata(`{% $prodDiffers = '${AS_APPROVED}' %}`), pointProdAtImage)
      .otherwise(qcImageApproval);
  };

  const isPush = Condition.jsonata('{% $not($exists($promotion.goBack)) %}');
  const isGoBack = Condition.jsonata('{% $exists($promotion.goBack) %}');
  // Each Choice names the way of a push first: graphs show the first one as the main way.
  const goBack = Choice.jsonata(scope, names.isGoBack)
    .when(Condition.jsonata('{% $not($exists($states.input.goBack)) %}'), lockQat, {
      assign: { promotion: '{% $states.input %}' },
    })
    .when(Condition.jsonata('{% $exists($states.input.goBack) %}'), checkRelease, {
      assign: {
        promotion: '{% $states.input %}',
        qatImage: '{% $states.input.goBack.qatImageId %}',
        qatDeployment: '{% $states.input.goBack.qatDeploymentId %}',
        prodImage: '{% $states.input.goBack.prodImageId %}',
        // Its own promotion recorded what is in it.
        qatInventory: NOT_INSPECTED,
        // Nobody tests it again.
        ...(qatTestTimeout && { qatTests: NO_TESTS }),
        ...(qatLoadTest && { qatLoadTest: NO_TESTS }),
        // A release of the time before there was a build has none: "Check release" says so.
        ...(build && {
          built: '{% $exists($states.input.goBack.built) ? $states.input.goBack.built : null %}',
        }),
        // With one approval nobody else is asked.
        qc: { decidedBy: NOT_ASKED },
      },
    });
  checkRelease.next(
    Choice.jsonata(scope, names.isOneApproval)
      .when(Condition.jsonata("{% $promotion.goBack.approvals = 'both' %}"), qcApproval)
      .otherwise(pmoApproval),
  );
  const imageRecorded = Choice.jsonata(scope, names.isImageRecorded)
    .when(isPush, buildProdImage)
    .when(isGoBack, pointProdAtImage);

  [scanCommit, buildRevision, buildQatImage]
    .reduce(
      (before: Chain, state) => (state === undefined ? before : before.next(state)),
      Chain.start(lockQat),
    )
    .next(pointQatAtImage)
    .next(refreshQatInstance)
    .next(deployToQat)
    .next(qcApproval)
    .next(didQcApprove.afterwards({ includeOtherwise: true }))
    .next(pmoApproval)
    .next(didPmoApprove.afterwards({ includeOtherwise: true }))
    .next(lockProd)
    .next(confirmApprovers)
    .next(imageRecorded);
  buildProdImage.next(onDrift === 'ask' ? askAboutImage() : pointProdAtImage);
  pointProdAtImage.next(deployToProd).next(verifyProd).next(promoted);
  return goBack;
}
