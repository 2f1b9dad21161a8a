import type { FC } from 'hono/jsx';
import type { ImageContents, Review, ReviewedPackages } from '../../tasks/approvals/review.ts';
import type { PackageChange } from '../../tasks/image-inventory/compare-inventories.ts';
import type { JudgedPackage } from '../../tasks/vulnerabilities/security-updates.ts';
import { utcTime, visibleText } from '../../tasks/words.ts';
import { FoldedList } from './folded-list.tsx';
import { Fact, Moment } from './parts.tsx';

/** What the QAT image is made of and has installed, compared with the image that Prod runs. */
export const Images: FC<{ images: Review['images']; packages: Review['packages'] }> = ({
  images: { qat, prod },
  packages,
}) => (
  <>
    <h3>QAT image compared with Prod's</h3>
    {qat === undefined ? (
      <p class="muted">The contents of the QAT image are unknown.</p>
    ) : (
      <dl class="facts">
        {qat.reused === undefined ? null : (
          <Fact name="Reused">
            Image of <Moment at={qat.reused} />, reused because equal: nothing was built for this change
          </Fact>
        )}
        <Fact name="Recipe">
          <Compared now={qat.recipe} before={prod?.recipe} />
        </Fact>
        <Fact name="Parent image">
          <Compared now={parentText(qat)} before={prod && parentText(prod)} />
        </Fact>
        <Fact name="Components">
          <Components qat={qat} prod={prod} />
        </Fact>
        <Fact name="Prod's image">{prod?.imageId ?? 'none yet'}</Fact>
      </dl>
    )}
    {packages === undefined ? null : (
      <>
        <h3>Packages compared with Prod's</h3>
        <Packages packages={packages} image="the QAT image" other="in Prod" id="packages" />
      </>
    )}
    <p class="muted">Each image installs the latest security updates when it is built.</p>
  </>
);

/** What an image was really made from; of one whose parent EC2 does not tell, what its recipe names. */
const parentText = ({ parentImage, parent }: ImageContents): string => {
  if (parent === undefined) return parentImage;
  const { imageId, name, createdAt } = parent;
  const about = [name, createdAt && `of ${utcTime(createdAt)}`].filter(Boolean).join(' ');
  return about === '' ? imageId : `${about} (${imageId})`;
};

const Compared: FC<{ now: string; before: string | undefined }> = ({ now, before }) => (
  <>
    {now}
    <span class="muted">
      {before === undefined ? '' : before === now ? ' (as in Prod)' : ` (Prod has ${before})`}
    </span>
  </>
);

const Components: FC<{ qat: ImageContents; prod: ImageContents | undefined }> = ({ qat, prod }) => {
  const gone = prod?.components.filter((name) => !qat.components.includes(name)) ?? [];
  return (
    <ul class="plain">
      {qat.components.map((name) => (
        <li>
          {name}
          {prod !== undefined && !prod.components.includes(name) ? <span class="tag">new</span> : null}
        </li>
      ))}
      {gone.map((name) => (
        <li>
          <del>{name}</del>
          <span class="tag">only in Prod</span>
        </li>
      ))}
    </ul>
  );
};

const counted: readonly (readonly [PackageChange['change'], string])[] = [
  ['down', 'older'],
  ['removed', 'removed'],
  ['added', 'added'],
  ['other', 'changed'],
  ['up', 'newer'],
];

interface PackagesProps {
  readonly packages: ReviewedPackages;
  readonly image: string;
  /** What it is compared with, after "as" and "only": `in Prod`. */
  readonly other: string;
  /** Of the list on the page. */
  readonly id: string;
}

/** How an image's packages differ from another's. */
export const Packages: FC<PackagesProps> = ({
  packages: { total, count, securityUpdates = 0, changes },
  image,
  other,
  id,
}) => {
  const words = counted
    .filter(([change]) => count[change] > 0)
    .map(
      ([change, word]) =>
        `${count[change]} ${word}${change === 'up' && securityUpdates > 0 ? ` (${securityUpdates} of them security updates)` : ''}`,
    );
  const all = counted.reduce((sum, [change]) => sum + count[change], 0);
  return (
    <>
      {all === 0 ? (
        <p class="muted">
          All {total} packages are as {other}.
        </p>
      ) : (
        <>
          <p>
            {words.join(', ')}; {image} has {total}.
          </p>
          <FoldedList
            items={changes}
            name={id}
            list="plain packages"
            note={
              all > changes.length ? (
                <p class="muted">
                  The first {changes.length} of {all}. <code>npm run lockstep -- diff</code> lists all.
                </p>
              ) : null
            }
          >
            {(one) => (
              <li>
                <PackageLine change={one} other={other} />
              </li>
            )}
          </FoldedList>
        </>
      )}
    </>
  );
};

/** A package's name with what became of it, and its versions in the line below. */
const PackageLine: FC<{ change: JudgedPackage; other: string }> = ({ change, other }) => {
  const [tag, kind] = tagOf(change, other);
  return (
    <>
      <code>
        <bdi>{visibleText(change.name)}</bdi>
      </code>
      {tag === undefined ? null : <span class={`tag ${kind}`}>{tag}</span>}
      <div class="muted">
        {change.change === 'added' ? visibleText(change.now) : null}
        {change.change === 'removed' ? <del>{visibleText(change.before)}</del> : null}
        {'now' in change && 'before' in change ? visibleText(`${change.before} → ${change.now}`) : null}
        {change.fixes === undefined ? null : <>; fixes {change.fixes.map(visibleText).join(', ')}</>}
      </div>
    </>
  );
};

/** What somebody should notice of a change, and whether it is good or bad. */
const tagOf = (
  { change, fixes }: JudgedPackage,
  other: string,
): readonly [string | undefined, 'good' | 'bad' | ''] => {
  if (fixes !== undefined) return ['security update', 'good'];
  switch (change) {
    case 'added':
      return ['new', ''];
    case 'removed':
      return [`only ${other}`, ''];
    case 'down':
      return [`older than ${other}`, 'bad'];
    default:
      return [undefined, ''];
  }
};
