import fs from 'node:fs';
import path from 'node:path';
import { DescribeSecretCommand, ResourceNotFoundException } from '@aws-sdk/client-secrets-manager';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { DescribeParametersCommand } from '@aws-sdk/client-ssm';
import { readAssembly } from '../../../cli/doctor/assembly.ts';
import { checkBuildParameters, checkBuildQuotas, checkBuildSecrets } from '../../../cli/doctor/builds.ts';
import { projectRoot } from '../../../infra/local/run/synthesize.ts';
import { testAssembly } from '../../support/assembly.ts';
import { because, on } from '../../tasks/doubles/sdk.ts';
import { ACCOUNT, aPlace, type clientsAnswering, REGION } from './support.ts';

const PLACE = `${ACCOUNT}/${REGION}`;
const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:token-AbCdEf`;

const withBuild = (environment: object, answers: Parameters<typeof clientsAnswering>[0] = {}) =>
  aPlace({ Build: ['AWS::CodeBuild::Project', undefined, { Environment: environment }] }, answers);
const reading = (
  EnvironmentVariables: readonly object[],
  answers: Parameters<typeof clientsAnswering>[0] = {},
) => withBuild({ EnvironmentVariables }, answers);

it('finds what builds of examples/build.json need in their templates', async () => {
  const example: unknown = JSON.parse(fs.readFileSync(path.join(projectRoot, 'examples/build.json'), 'utf8'));
  const directory = await testAssembly(example);
  const stacks = readAssembly(directory, (file) => fs.readFileSync(path.join(directory, file), 'utf8'));
  const place = {
    ...aPlace(
      {},
      {
        quotas: [on(GetServiceQuotaCommand, () => ({ Quota: { Value: 0 } }))],
        ssm: [on(DescribeParametersCommand, () => ({ Parameters: [] }))],
      },
    ),
    stacks,
  };
  expect(await checkBuildQuotas(place)).toMatchObject([
    { what: `Too few concurrent CodeBuild builds (Linux/Medium) in ${PLACE}` },
  ]);
  expect(await checkBuildParameters(place)).toMatchObject([{ value: '/orders/build/registry-token' }]);
});

describe("CodeBuild's quota", () => {
  it.each<[machine: string, type: string, compute: string, code: string, limit: number, isFault: boolean]>([
    ['Linux/Small', 'LINUX_CONTAINER', 'BUILD_GENERAL1_SMALL', 'L-9D07B6EF', 0, true],
    ['Linux/Small', 'LINUX_CONTAINER', 'BUILD_GENERAL1_SMALL', 'L-9D07B6EF', 1, false],
    ['Linux/Medium', 'LINUX_CONTAINER', 'BUILD_GENERAL1_MEDIUM', 'L-2DC20C30', 0, true],
    ['Linux/Large', 'LINUX_CONTAINER', 'BUILD_GENERAL1_LARGE', 'L-4DDC4A99', 0, true],
    ['ARM/Small', 'ARM_CONTAINER', 'BUILD_GENERAL1_SMALL', 'L-5ED1D25B', 0, true],
    ['ARM/Large', 'ARM_CONTAINER', 'BUILD_GENERAL1_LARGE', 'L-596BEAB4', 60, false],
  ])('of %s (%s %s, %s) at %d is a fault: %s', async (machine, Type, ComputeType, code, limit, isFault) => {
    const asked: unknown[] = [];
    const found = await checkBuildQuotas(
      withBuild(
        { Type, ComputeType },
        {
          quotas: [
            on(GetServiceQuotaCommand, (input) => {
              asked.push(input);
              return { Quota: { Value: limit } };
            }),
          ],
        },
      ),
    );
    expect(asked).toEqual([{ ServiceCode: 'codebuild', QuotaCode: code }]);
    expect(found).toEqual(
      isFault
        ? [
            {
              kind: 'fault',
              what: `Too few concurrent CodeBuild builds (${machine}) in ${PLACE}`,
              value: 'the quota is 0; 0 in use, 1 more needed',
              remedy: `aws service-quotas request-service-quota-increase --service-code codebuild --quota-code ${code} --desired-value 1 --region ${REGION}`,
            },
          ]
        : [],
    );
  });

  it('is not asked for without builds', async () => {
    expect(await checkBuildQuotas(aPlace({}))).toEqual([]);
  });
});

describe('parameters that builds read', () => {
  it('are looked for by name, and those that are missing are told with the command that makes them', async () => {
    const found = await checkBuildParameters(
      reading(
        [
          { Name: 'A', Type: 'PARAMETER_STORE', Value: '/shop/a' },
          { Name: 'B', Type: 'PARAMETER_STORE', Value: '/shop/b' },
          { Name: 'C', Type: 'PLAINTEXT', Value: '/shop/c' },
        ],
        {
          ssm: [
            on(DescribeParametersCommand, ({ ParameterFilters }) => {
              expect(ParameterFilters).toEqual([
                { Key: 'Name', Option: 'Equals', Values: ['/shop/a', '/shop/b'] },
              ]);
              return { Parameters: [{ Name: '/shop/b' }] };
            }),
          ],
        },
      ),
    );
    expect(found).toEqual([
      {
        kind: 'fault',
        what: `A parameter that builds read is missing in ${PLACE}`,
        value: '/shop/a',
        remedy: `aws ssm put-parameter --name /shop/a --type SecureString --value … --region ${REGION}`,
      },
    ]);
  });

  it('are not looked for where builds read none', async () => {
    expect(await checkBuildParameters(reading([]))).toEqual([]);
  });
});

describe('a secret that builds read', () => {
  const findings = (answer: () => { DeletedDate?: Date }) =>
    checkBuildSecrets(
      reading(
        [
          { Name: 'A', Type: 'SECRETS_MANAGER', Value: SECRET },
          { Name: 'B', Type: 'SECRETS_MANAGER', Value: `${SECRET}:key` },
        ],
        {
          secrets: [
            on(DescribeSecretCommand, ({ SecretId }) => {
              expect(SecretId).toBe(SECRET);
              return answer();
            }),
          ],
        },
      ),
    );

  it('may be there', async () => {
    expect(await findings(() => ({}))).toEqual([]);
  });

  it('is told once when it is missing', async () => {
    const found = await findings(() => {
      throw new ResourceNotFoundException(because('no'));
    });
    expect(found).toMatchObject([
      { what: `A secret that builds read is missing in ${PLACE}`, value: SECRET },
    ]);
  });

  it('is told when it is about to be deleted, with the command that keeps it', async () => {
    expect(await findings(() => ({ DeletedDate: new Date() }))).toMatchObject([
      {
        what: `A secret that builds read is scheduled for deletion in ${PLACE}`,
        remedy: `aws secretsmanager restore-secret --secret-id ${SECRET} --region ${REGION}`,
      },
    ]);
  });
});
