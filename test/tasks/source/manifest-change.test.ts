import { nothingKept, readChange } from '../../../tasks/approvals/read-change.ts';
import { manifestKeysFrom, verifiedManifest } from '../../../tasks/source/manifest.ts';
import { commitsOfVersion } from '../../../tasks/source/manifest-change.ts';
import { aCommit, aKeyPair, aManifest, idOf, signed } from './support/archives.ts';

const key = aKeyPair();
const keys = manifestKeysFrom([key.encoded]);

/** A version whose manifest has this head and these commits: `c:ba` is a merge of b and a. */
const version = (versionId: string, head: string, history: string) => {
  const commits = history.split(' ').map((one) => {
    const [id = '', parents = ''] = one.split(':');
    return aCommit(id, parents);
  });
  const [{ content }, signature] = signed(aManifest({ head: idOf(head), commits }), key.privateKey);
  const manifest = verifiedManifest(Buffer.from(content as string), String(signature.content), keys);
  return { versionId, manifest };
};

/** What request-approval would show, by digits; versions by their ids. */
const changeOf = async (
  next: ReturnType<typeof version>,
  live: ReturnType<typeof version> | undefined,
): Promise<string> => {
  const commits = commitsOfVersion(next, live);
  const records = await readChange(
    {
      commits: async (ids) => ids.flatMap((id) => commits.get(id) ?? []),
      kept: nothingKept,
      isTimeUp: () => false,
    },
    next.versionId,
    live?.versionId,
  );
  return records.map(({ commitId }) => (commitId.length === 40 ? commitId[0] : commitId)).join(' ');
};

const whole = version('v2', 'd', 'd:c c:b b:a a:');

it.each([
  ['everything on a first promotion', whole, undefined, 'v2 d c b a'],
  ['what the live head does not have', whole, version('v1', 'b', 'b:a a:'), 'v2 d c'],
  ['the version alone, if the same commit is built again', whole, version('v1', 'd', 'd:c c:b b:a a:'), 'v2'],
  [
    'the version alone, if an earlier commit is built again',
    version('v2', 'b', 'b:a a:'),
    version('v1', 'd', 'd:c c:b b:a a:'),
    'v2',
  ],
  [
    'a manifest that ends at the live head',
    version('v2', 'd', 'd:c c:b'),
    version('v1', 'b', 'b:a a:'),
    'v2 d c',
  ],
  ['both manifests end', version('v2', 'd', 'd:c'), version('v1', 'c', 'c:b b:a'), 'v2 d'],
  [
    'a branch off from before the live head',
    version('v2', 'e', 'e:dc d:a c:b'),
    version('v1', 'b', 'b:a a:'),
    'v2 e d c',
  ],
  [
    'what only the new manifest says of the live history',
    version('v2', 'd', 'd:ca c:b b:a a:'),
    version('v1', 'b', 'b:a'),
    'v2 d c',
  ],
  ['a history that was rewritten', version('v2', 'f', 'f:e e:'), version('v1', 'b', 'b:a a:'), 'v2 f e'],
])('lists %s', async (_, next, live, expected) => {
  expect(await changeOf(next, live)).toBe(expected);
});

it('names builder and pushers as those who pushed the version', () => {
  expect(commitsOfVersion(whole, undefined).get('v2')).toEqual({
    commitId: 'v2',
    parents: [idOf('d')],
    pushedBy: ['https://ci.example.com/builds/42', 'quinn'],
    message: `Archive of commit ${idOf('d')}, built by https://ci.example.com/builds/42`,
  });
});

it.each([
  [
    'on a first promotion',
    version('v2', 'd', 'd:c c:b'),
    undefined,
    /before commit b+, and no manifest says/,
  ],
  [
    'that does not reach the live head',
    version('v2', 'd', 'd:c'),
    version('v1', 'a', 'a:'),
    /version v2 ends before commit c+, and the manifest of Prod's version v1, made of a+,/,
  ],
  [
    'of a branch that may bring commits',
    version('v2', 'e', 'e:db d:c b:a'),
    version('v1', 'b', 'b:a a:'),
    /ends before commit c+/,
  ],
])('fails for a history that was cut off, %s', (_, next, live, message) => {
  expect(() => commitsOfVersion(next, live)).toThrow(
    expect.objectContaining({ name: 'ManifestInvalid', message: expect.stringMatching(message) }),
  );
});
