import type { BusEvent } from '@lockstep/aws-emulator';
import { type RecallSources, recallCause } from '../../../tasks/marks/recall.ts';
import type { DeployedApplication } from './system.ts';

/** What a push event says, as far as it matters here. */
interface Push {
  readonly event?: string;
  readonly repositoryName?: string;
  readonly referenceType?: string;
  readonly referenceName?: string;
  readonly commitId?: string;
}

/** Says of a push that starts no promotion that it does not; undefined for one to the promoted branch, unless its commit is marked bad. */
export const idlePushText = async (
  { source, detail }: Pick<BusEvent, 'source' | 'detail'>,
  applications: readonly Pick<DeployedApplication, 'name' | 'branch'>[],
  ledger: RecallSources['ledger'],
): Promise<string | undefined> => {
  if (source !== 'aws.codecommit') return undefined;
  const { event, repositoryName, referenceType, referenceName, commitId = '' } = detail as Push;
  const application = applications.find(({ name }) => name === repositoryName);
  if (!application) return undefined;
  const isDeleted = event === 'referenceDeleted';
  if (referenceType === 'branch' && referenceName === application.branch && !isDeleted) {
    const cause = await recallCause({ ledger }, { application: application.name, commitId });
    return (
      cause &&
      `${cause}. Its push starts nothing: push another commit, or have somebody else unmark this one.`
    );
  }
  return `The ${referenceType} ${referenceName} of ${repositoryName} was ${isDeleted ? 'deleted' : 'pushed'}. This starts nothing: only pushes to ${application.branch} are promoted.`;
};

/**
 * Tells pushes that start nothing, as they come.
 * @param recent the last events, oldest first; those at hand now are not told
 * @returns a function that gives a line for each that has come since the last call
 */
export const watchIdlePushes = (
  recent: () => readonly BusEvent[],
  applications: readonly DeployedApplication[],
  ledger: RecallSources['ledger'],
): (() => Promise<readonly string[]>) => {
  const seen = new Set(recent().map(({ id }) => id));
  return async () => {
    const fresh = recent().filter(({ id }) => !seen.has(id) && seen.add(id));
    const texts = await Promise.all(fresh.map((event) => idlePushText(event, applications, ledger)));
    return texts.flatMap((text) => text ?? []);
  };
};
