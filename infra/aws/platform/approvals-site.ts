import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import {
  ApiMapping,
  DomainName,
  HttpApi,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { REGIONS_VARIABLE } from '../../../approvals-ui/console-links.ts';
import type { CompanyProvider } from '../../../approvals-ui/sign-in/company-account.ts';
import {
  configurationVersion,
  type LockstepConfig,
  type SignInConfig,
  type WebsiteConfig,
} from '../../config.ts';
import { pointDomainAt } from '../domain-record.ts';
import { EXECUTIONS_REASON, LockstepFunction } from '../lockstep-function.ts';
import { executionArns, soakFunctionArn, stateMachineArn } from '../names.ts';
import type { Evidence } from './evidence.ts';
import type { Ledger } from './ledger.ts';
import type { PromotionsTopic } from './promotions-topic.ts';
import { SignIn } from './sign-in.ts';

interface ApprovalsSiteProps {
  readonly bundles: string;
  readonly ledger: Ledger;
  readonly evidence: Evidence;
  readonly promotions: PromotionsTopic;
  /** Its applications' promotions are those that the site shows, decides and redrives. */
  readonly config: LockstepConfig;
}

/** The pages on which people approve: an HTTP API in front of one function. */
export class ApprovalsSite extends Construct {
  /** Without a slash at the end. */
  readonly url: string;
  /** JSON: the version of each application's configuration. */
  readonly configurationVersions: string;
  readonly signIn: SignIn;
  /** Requests that the site failed to answer. */
  readonly serverErrors: IMetric;

  constructor(
    scope: Construct,
    id: string,
    { bundles, ledger, evidence, promotions, config }: ApprovalsSiteProps,
  ) {
    super(scope, id);
    const stack = Stack.of(this);
    const { applications, approvals, signIn, approvalsSite: website } = config;
    const api = new HttpApi(this, 'Api', {
      apiName: 'Lockstep approvals',
      createDefaultStage: false,
      // With a domain name of its own, the site serves that one only.
      ...(website && { disableExecuteApiEndpoint: true }),
    });
    this.url = website ? `https://${website.domainName}` : api.apiEndpoint;
    this.serverErrors = api.metricServerError({ period: Duration.minutes(5), statistic: Stats.SUM });
    this.signIn = new SignIn(this, 'SignIn', { siteUrl: this.url, config: signIn });

    this.configurationVersions = JSON.stringify(
      Object.fromEntries(applications.map((one) => [one.name, configurationVersion(config, one)])),
    );
    const site = new LockstepFunction(this, 'Site', {
      name: 'approvals-site',
      bundles,
      description: 'The approvals site',
      environment: {
        LEDGER_TABLE: ledger.table.tableName,
        EVIDENCE_BUCKET: evidence.bucket.bucketName,
        SITE_URL: this.url,
        OIDC_ISSUER: this.signIn.userPool.userPoolProviderUrl,
        OIDC_CLIENT_ID: this.signIn.client.userPoolClientId,
        USER_POOL_ID: this.signIn.userPool.userPoolId,
        SIGN_IN_PROVIDERS: JSON.stringify(signIn.providers.map(companyProvider)),
        PROMOTIONS_TOPIC_ARN: promotions.topic.topicArn,
        MAKERS_MAY_DECIDE: JSON.stringify(
          applications.filter((one) => one.makersMayDecide).map(({ name }) => name),
        ),
        GO_BACK_BY_ONE: JSON.stringify(
          applications.filter(({ goBack }) => goBack.approvals === 'one').map(({ name }) => name),
        ),
        FRESH_SIGN_IN_MINUTES: String(approvals.freshSignInMinutes),
        CONFIGURATION_VERSIONS: this.configurationVersions,
      },
      timeout: Duration.seconds(20),
      memorySize: 1024,
    });
    const regions = applications.flatMap(({ name, environments = {} }) => {
      const elsewhere = Object.entries(environments).map(([environment, { region }]) => [
        environment,
        region,
      ]);
      return elsewhere.length > 0 ? [[name, Object.fromEntries(elsewhere)]] : [];
    });
    // Links into the console need them.
    if (regions.length > 0)
      site.function.addEnvironment(REGIONS_VARIABLE, JSON.stringify(Object.fromEntries(regions)));
    ledger.allow(site, 'all', 'GetItem', 'PutItem', 'Query', 'UpdateItem');
    evidence.allowReadingContents(site);
    promotions.allowPublish(site);
    const machines = applications.map(({ name }) => stateMachineArn(stack, name));
    const executions = applications.map(({ name }) => executionArns(stack, name));
    site
      .allow(
        ['cognito-idp:AdminGetUser', 'cognito-idp:AdminListGroupsForUser'],
        [this.signIn.userPool.userPoolArn],
      )
      .allow(
        [
          'states:DescribeStateMachine',
          // It ends the states that wait of promotions whose commit is marked bad.
          'states:SendTaskFailure',
          'states:SendTaskSuccess',
          'states:StartExecution',
        ],
        machines,
      )
      .allow(
        ['lambda:InvokeFunction'],
        applications.map(({ name }) => soakFunctionArn(stack, name)),
      )
      .allowWithWildcard(
        [
          'states:DescribeExecution',
          'states:DescribeStateMachineForExecution',
          'states:GetExecutionHistory',
          'states:RedriveExecution',
          'states:StopExecution',
        ],
        executions,
        EXECUTIONS_REASON,
      );

    new HttpRoute(this, 'Route', {
      httpApi: api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: new HttpLambdaIntegration('SiteIntegration', site.function),
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      // All clients share it, so it only bounds costs: the site limits each client itself (D-101).
      throttle: { rateLimit: 200, burstLimit: 400 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLogs', { retention: RetentionDays.THREE_MONTHS }),
        ),
      },
    });
    if (website) this.serveAt(website, api, stage);
  }

  private serveAt(website: WebsiteConfig, api: HttpApi, stage: HttpStage): void {
    const domainName = new DomainName(this, 'Domain', {
      domainName: website.domainName,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', website.certificateArn),
    });
    new ApiMapping(this, 'DomainMapping', { api, domainName, stage });
    if (website.hostedZone)
      pointDomainAt(
        this,
        website,
        website.hostedZone,
        new ApiGatewayv2DomainProperties(domainName.regionalDomainName, domainName.regionalHostedZoneId),
      );
    else
      new CfnOutput(this, 'DomainTarget', {
        value: domainName.regionalDomainName,
        description: `Point the DNS record ${website.domainName} here`,
      });
  }
}

/** What the site needs to know about a provider. */
const companyProvider = ({
  name,
  emailVerified,
  attributes,
  groups,
}: SignInConfig['providers'][number]): CompanyProvider => ({
  name,
  emailVerified: emailVerified || (attributes.emailVerified === undefined ? false : 'claim'),
  groups,
});
