import fs from 'node:fs';
import { gitText } from '../../git.ts';
import type { Host, ServiceEvent } from '../../host.ts';
import { replaceFile } from '../../replace-file.ts';
import { stableUuid } from '../shared/ids.ts';
import { recordCall } from '../shared/trail.ts';
import {
  prepareRepository,
  presencePath,
  type Repository,
  readReferences,
  repositoriesFolder,
  repositoriesOf,
  repositoryPath,
  spoolPath,
} from './repositories.ts';

/** What has been announced of a repository, by its name: one record, so that a crash leaves it whole. */
interface Announced {
  /** Commit by full reference name. */
  readonly references: Readonly<Record<string, string>>;
  /** How far the hook's file has been read, in bytes. */
  readonly offset: number;
  /** Counts the changes, which makes the ids of their events. */
  readonly count: number;
}

interface Change {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

/** Raises an event for each reference that a push has changed. */
export interface Pushes {
  /** Announces everything that happened while nothing ran, then follows the hook. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Tells, and records, the push of a branch's commit once more, as one that went elsewhere and back. Nothing if there is no such branch. */
  readonly pushAgain: (repositoryName: string, branch: string) => Promise<void>;
}

/** How often the hook's file is looked at. */
const POLL_MS = 100;
const NOTHING = '0'.repeat(40);
const nothingAnnounced: Announced = { references: {}, offset: 0, count: 0 };

/** Follows the pushes to all repositories. */
export const createPushes = (host: Host): Pushes => {
  const repositories = repositoriesOf(host);
  const announcedOf = host.store.table<Announced>('codecommit.announced');
  let cancel: (() => void) | undefined;
  let reading = Promise.resolve();
  let stopped = false;

  /** Tells of one change, unless that is announced already. The event's id makes a repetition after a crash harmless. */
  const announce = async (repository: Repository, change: Change, offset?: number) => {
    const pusher = await pusherArn(host, repository, change);
    if (stopped) return;
    const state = announcedOf.get(repository.name) ?? nothingAnnounced;
    const isKnown = (state.references[change.ref] ?? NOTHING) === change.after;
    const isFollowed = /^refs\/(heads|tags)\//.test(change.ref);
    if (!isKnown && isFollowed) {
      recordPush(host, repository, change, pusher, state.count);
      host.emit(eventOf(repository, change, pusher, state.count));
    }
    const { [change.ref]: _old, ...others } = state.references;
    announcedOf.put(repository.name, {
      references: change.after === NOTHING ? others : { ...others, [change.ref]: change.after },
      offset: offset ?? state.offset,
      count: state.count + (isKnown ? 0 : 1),
    });
  };

  const pushAgain = async (repositoryName: string, branch: string): Promise<void> => {
    const repository = repositories.get(repositoryName);
    const ref = `refs/heads/${branch}`;
    const commit = announcedOf.get(repositoryName)?.references[ref];
    if (repository === undefined || commit === undefined) return;
    const change = { ref, before: commit, after: commit };
    const pusher = await pusherArn(host, repository, change);
    if (stopped) return;
    // Read only now: the hook may have told another push meanwhile.
    const state = announcedOf.get(repositoryName) ?? nothingAnnounced;
    recordPush(host, repository, change, pusher, state.count);
    host.emit(eventOf(repository, change, pusher, state.count));
    announcedOf.put(repositoryName, { ...state, count: state.count + 1 });
  };

  /** Reads what the hook has added since the last time; a line that is not finished waits. */
  const readSpool = async (repository: Repository) => {
    const spool = spoolPath(host, repository.name);
    let { offset } = announcedOf.get(repository.name) ?? nothingAnnounced;
    const size = fs.statSync(spool, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= offset) return;
    const added = fs.readFileSync(spool).subarray(offset);
    for (let start = 0, end = added.indexOf(10); end >= 0; start = end + 1, end = added.indexOf(10, start)) {
      offset += end + 1 - start;
      const change = parseChange(added.toString('utf8', start, end));
      if (change) await announce(repository, change, offset);
      else host.log('codecommit', 'A line of the hook cannot be read and is passed over', { spool, offset });
    }
  };

  /** Finds what the hook could not note. */
  const compareReferences = async (repository: Repository) => {
    const now = await readReferences(host, repository.name);
    const { references } = announcedOf.get(repository.name) ?? nothingAnnounced;
    for (const ref of new Set([...Object.keys(references), ...Object.keys(now)])) {
      const change = { ref, before: references[ref] ?? NOTHING, after: now[ref] ?? NOTHING };
      if (change.before !== change.after) await announce(repository, change);
    }
  };

  const readAll = async (read: (repository: Repository) => Promise<void>) => {
    for (const repository of repositories.values())
      try {
        if (!stopped) await read(repository);
      } catch (error) {
        host.log('codecommit', `Pushes to ${repository.name} could not be read`, { error: String(error) });
      }
  };

  const poll = () => {
    if (stopped) return;
    cancel = host.clock.at(host.clock.now() + POLL_MS, () => {
      reading = reading.then(() => readAll(readSpool)).then(poll);
    });
  };

  return {
    start: async () => {
      fs.mkdirSync(repositoriesFolder(host), { recursive: true });
      const presence = { pid: process.pid, url: `http://127.0.0.1:${host.ports.overview}/` };
      replaceFile(presencePath(host), JSON.stringify(presence));
      await readAll((repository) => prepareRepository(host, repository.name));
      await readAll(readSpool);
      await readAll(compareReferences);
      poll();
    },
    stop: async () => {
      stopped = true;
      cancel?.();
      fs.rmSync(presencePath(host), { force: true });
      await reading;
    },
    pushAgain,
  };
};

const parseChange = (line: string): Change | undefined => {
  try {
    const { ref, before, after } = JSON.parse(line) as Partial<Change>;
    const isCommit = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{40,64}$/.test(value);
    return typeof ref === 'string' && isCommit(before) && isCommit(after)
      ? ({ ref, before, after } as Change)
      : undefined;
  } catch {
    return undefined;
  }
};

/** CodeCommit knows who pushed by their credentials; here it is the committer of the tip. */
const pusherArn = async (host: Host, { name }: Repository, { before, after }: Change): Promise<string> => {
  const tip = after === NOTHING ? before : after;
  const mail = await gitText(
    repositoryPath(host, name),
    'log',
    '-1',
    '--format=%ce',
    '--end-of-options',
    tip,
  ).catch(() => '');
  const user = (mail.split('@')[0] ?? '').replace(/[^\w+=,.-]/g, '-').slice(0, 64) || 'unknown';
  return `arn:${host.partition}:iam::${host.accountId}:user/${user}`;
};

/** @see https://docs.aws.amazon.com/codecommit/latest/userguide/integ-cloudtrail.html */
const recordPush = (
  host: Host,
  { arn, id, name, createdAt }: Repository,
  { ref, before, after }: Change,
  callerArn: string,
  count: number,
): void =>
  recordCall(host, {
    id: stableUuid('cloudtrail', id, createdAt, count, ref, before, after),
    service: 'codecommit',
    name: 'GitPush',
    callerArn,
    resource: { arn, name, type: 'AWS::CodeCommit::Repository' },
    requestParameters: { references: [{ commit: after, ref }] },
    additionalEventData: {
      protocol: 'HTTP',
      capabilities: ['report-status', 'side-band-64k'],
      dataTransferred: true,
      repositoryName: name,
      repositoryId: id,
    },
  });

/** @see https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html (T41) */
const eventOf = (
  { arn, id, name, createdAt }: Repository,
  { ref, before, after }: Change,
  callerUserArn: string,
  count: number,
): ServiceEvent => {
  const isDeleted = after === NOTHING;
  const isCreated = before === NOTHING;
  return {
    // A repository that was deleted and made again has the same id here: its pushes are other ones.
    id: stableUuid('codecommit', id, createdAt, count, ref, before, after),
    source: 'aws.codecommit',
    detailType: 'CodeCommit Repository State Change',
    resources: [arn],
    detail: {
      event: isDeleted ? 'referenceDeleted' : isCreated ? 'referenceCreated' : 'referenceUpdated',
      repositoryName: name,
      repositoryId: id,
      referenceType: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
      referenceName: ref.replace(/^refs\/(heads|tags)\//, ''),
      referenceFullName: ref,
      ...(!isDeleted && { commitId: after }),
      ...(!isCreated && { oldCommitId: before }),
      callerUserArn,
    },
  };
};
