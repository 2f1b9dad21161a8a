import { ACMClient } from '@aws-sdk/client-acm';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CodeStarConnectionsClient } from '@aws-sdk/client-codestar-connections';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EC2ClientConfig } from '@aws-sdk/client-ec2';
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';

/** What every client is made with: region, credentials, endpoint. */
export type ClientConfig = Pick<EC2ClientConfig, 'region' | 'credentials' | 'endpoint' | 'maxAttempts'>;

/** A client of each service that is looked at, in one account and region. CodeConnections still answers by its former name. */
export const createClients = (config: ClientConfig) => ({
  acm: new ACMClient(config),
  cloudFormation: new CloudFormationClient(config),
  cloudWatch: new CloudWatchClient(config),
  connections: new CodeStarConnectionsClient(config),
  cognito: new CognitoIdentityProviderClient(config),
  dynamoDb: new DynamoDBClient(config),
  ec2: new EC2Client(config),
  iam: new IAMClient(config),
  kms: new KMSClient(config),
  lambda: new LambdaClient(config),
  secrets: new SecretsManagerClient(config),
  quotas: new ServiceQuotasClient(config),
  sfn: new SFNClient(config),
  sns: new SNSClient(config),
  sqs: new SQSClient(config),
  ssm: new SSMClient(config),
});

/** The clients of a place. */
export type Clients = ReturnType<typeof createClients>;
