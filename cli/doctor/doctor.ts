import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { createAssumeRole } from '../../tasks/environment-access.ts';
import type { Outcome } from '../command-result.ts';
import { CommandError } from '../system.ts';
import { readOptInStatus, regionFindings, stackFindings } from './account.ts';
import { readAssembly, type SynthesizedStack } from './assembly.ts';
import { checks } from './checks.ts';
import { type ClientConfig, type Clients, createClients } from './clients.ts';
import { attempt, concernsAll, type Examination, examine, together } from './examine.ts';
import { fault } from './finding.ts';
import { type DeployedStack, type Place, readStack } from './place.ts';
import { reportJson, reportText } from './report.ts';

/** What the doctor needs. */
interface DoctorOptions {
  /** The cloud assembly's directory, for messages. */
  readonly assembly: string;
  /** Reads a file of it. */
  readonly read: (file: string) => string;
  /** The local run; nothing for AWS by the default credentials. */
  readonly config: ClientConfig;
}

/** Where the credentials lead. */
interface Caller {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

/** A region of every partition that no account has to enable; another is asked about there. */
const alwaysEnabled = (region: string): string =>
  region.startsWith('cn-') ? 'cn-north-1' : region.startsWith('us-gov-') ? 'us-gov-west-1' : 'us-east-1';

/** @throws CommandError if AWS does not take the credentials */
const callerOf = async (config: ClientConfig): Promise<Caller> => {
  const sts = new STSClient(config);
  const region = await sts.config.region();
  try {
    const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
    return { account, region, partition: arn.split(':')[1] ?? 'aws' };
  } catch (error) {
    if (concernsAll(error) || !(error instanceof Error)) throw error;
    // STS gives the same answer where a region is not enabled.
    throw new CommandError(
      `AWS does not take the credentials in ${region} (${error.name}: ${error.message}). Sign in again; if they work in another region, enable this one: aws account enable-region --region-name ${region}`,
    );
  }
};

/** The places of an assembly, each with what is to be there. */
export const placesOf = (
  stacks: readonly SynthesizedStack[],
  caller: Pick<Caller, 'account' | 'region'>,
): readonly Pick<Place, 'account' | 'region' | 'stacks'>[] => {
  const places = new Map<string, { account: string; region: string; stacks: SynthesizedStack[] }>();
  for (const stack of stacks) {
    const { account = caller.account, region = caller.region } = stack;
    const place = places.get(`${account}/${region}`) ?? { account, region, stacks: [] };
    places.set(`${account}/${region}`, place);
    place.stacks.push(stack);
  }
  return [...places.values()];
};

/** Configuration of clients in an account: another one is looked into by the role that CDK has there for that. */
const configIn = (
  config: ClientConfig,
  { account, stacks }: Pick<Place, 'account' | 'stacks'>,
  caller: Caller,
): ClientConfig => {
  if (account === caller.account) return config;
  const arn = stacks.flatMap(({ lookupRoleArn }) => lookupRoleArn ?? [])[0] ?? '';
  // biome-ignore lint/suspicious/noTemplateCurlyInString: CDK's placeholder.
  const roleArn = arn.replace('${AWS::Partition}', caller.partition);
  const assume = createAssumeRole('lockstep-doctor', new STSClient(config));
  return { ...config, credentials: () => assume(roleArn) };
};

/** Whether the region is enabled. */
const examineRegion = (
  place: Pick<Place, 'account' | 'region'>,
  config: ClientConfig,
): Promise<Examination> =>
  attempt('regions', place, async () =>
    regionFindings(
      place,
      await readOptInStatus(
        createClients({ ...config, region: alwaysEnabled(place.region) }).ec2,
        place.region,
      ),
    ),
  );

/** What is deployed in a place; undefined if nobody lets us look. */
const examineStacks = async (
  place: Pick<Place, 'account' | 'region' | 'stacks'>,
  clients: Clients,
): Promise<{ readonly deployed?: readonly DeployedStack[]; readonly examination: Examination }> => {
  let deployed: readonly DeployedStack[] | undefined;
  const examination = await attempt('stacks', place, async () => {
    const found = await Promise.all(place.stacks.map(({ name }) => readStack(clients.cloudFormation, name)));
    deployed = found.filter((stack) => stack !== undefined);
    return stackFindings({ deployed });
  });
  return { examination, ...(deployed && { deployed }) };
};

const examinePlace = async (
  place: Pick<Place, 'account' | 'region' | 'stacks'>,
  config: ClientConfig,
): Promise<Examination> => {
  const region = await examineRegion(place, config);
  // Nothing in a region that is not enabled answers.
  if (region.findings.length > 0) return region;
  const clients = createClients({ ...config, region: place.region });
  const { deployed, examination } = await examineStacks(place, clients);
  if (deployed === undefined) return together([region, examination]);
  return together([
    region,
    examination,
    await examine({ ...place, deployed, clients, now: new Date() }, checks),
  ]);
};

/** Looks at the account and says what is in the way. Changes nothing. */
export async function doctor({ assembly, read, config }: DoctorOptions): Promise<Outcome> {
  const stacks = readAssembly(assembly, read);
  const caller = await callerOf(config);
  const places = placesOf(stacks, caller);
  const strangers = places.every(({ account }) => account !== caller.account);
  const examinations = strangers
    ? [
        {
          findings: [
            fault(
              'The credentials are of another account',
              `${caller.account}; the configuration names ${[...new Set(places.map(({ account }) => account))].join(', ')}`,
              'Sign in to one of the accounts of the configuration.',
            ),
          ],
          notChecked: [],
        },
      ]
    : await Promise.all(places.map((place) => examinePlace(place, configIn(config, place, caller))));
  const all = together(examinations);
  return {
    text: reportText(places, all),
    json: reportJson(places, all),
    ...(all.findings.length > 0 && { end: 'failed' }),
  };
}
