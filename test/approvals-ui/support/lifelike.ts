import { createHash } from 'node:crypto';
import type { ImageContents, Review } from '../../../tasks/approvals/review.ts';
import type { ApproverRole } from '../../../tasks/payloads.ts';
import type { ChangedFile } from '../../../tasks/source/source.ts';
import { stateNames as names } from '../../../workflows/state-names.ts';
import type { History } from './history.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const DAY = 24 * 60 * MINUTE;

const digest = (text: string, length = 40) =>
  createHash('sha256').update(text).digest('hex').slice(0, length);
const uuid = (text: string) =>
  digest(text, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5');
const instance = (text: string) => `i-0${digest(`instance ${text}`, 16)}`;
/** Id of the image that was built for a commit. */
export const image = (text: string) => `ami-0${digest(`image ${text}`, 16)}`;
/** Id of a deployment. */
export const deployment = (text: string) => `d-${digest(`deployment ${text}`, 9).toUpperCase()}`;
/** A time in milliseconds as ISO 8601. */
export const at = (time: number) => new Date(time).toISOString();

/** Who writes the commits. */
const people = {
  dana: ['Dana Whitfield', 'dana@example.com'],
  tom: ['Tomás Ferreira', 'tomas@example.com'],
  priya: ['Priya Raman', 'priya@example.com'],
  jonas: ['Jonas Lindqvist', 'jonas@example.com'],
  sam: ['Sam Okafor', 'sam@example.com'],
} as const;

/** One pushed commit, before anything becomes of it. */
const commit = (
  author: keyof typeof people,
  startedAt: string,
  commitMessage: string,
  reason: string,
  application = 'shop',
) => {
  const commitId = digest(commitMessage);
  const promotionId = `${application}-${commitId.slice(0, 12)}-${uuid(`promotion of ${commitMessage}`)}`;
  const [commitAuthor, commitAuthorEmail] = people[author];
  return {
    promotionId,
    executionArn: `arn:aws:states:us-east-1:123456789012:execution:lockstep-${application}:${promotionId}`,
    application,
    commitId,
    commitMessage,
    commitAuthor,
    commitAuthorEmail,
    pushedBy: `arn:aws:sts::123456789012:assumed-role/developer/${author}`,
    startedAt,
    reason,
  };
};
/** A commit that was pushed. */
export type Commit = ReturnType<typeof commit>;

/** What is in the scene, newest first. */
export const commits = {
  waiting: commit(
    'priya',
    '2026-11-22T10:21:40.000Z',
    'Round totals to whole cents',
    'Three items at 33.33 made 99.99 in the cart and 100.00 on the invoice.',
  ),
  open: commit(
    'dana',
    '2026-11-22T09:58:12.000Z',
    'Show the cart on every page',
    'Visitors lost track of what they had chosen once they left the list.\nMeasured with 40 articles: the page stays under 100 kB.',
  ),
  running: commit(
    'tom',
    '2026-11-22T09:24:05.000Z',
    'Remember the delivery address',
    'Every second visitor types the same address again.',
  ),
  failed: commit(
    'jonas',
    '2026-11-22T07:32:31.000Z',
    'Ship from the nearest warehouse',
    'Saves a day for orders from the south.',
  ),
  superseded: commit(
    'jonas',
    '2026-11-22T07:03:18.000Z',
    'Look up warehouses by postal code',
    'The distance is what counts, not the country.',
  ),
  expired: commit(
    'priya',
    '2026-11-13T14:20:02.000Z',
    'Compress product images',
    'WebP where the browser takes it.',
  ),
  stale: commit(
    'tom',
    '2026-11-20T15:47:55.000Z',
    'Log slow database queries',
    'Those that take longer than 200 ms.',
  ),
  live: commit(
    'dana',
    '2026-11-20T16:05:09.000Z',
    'Sort articles by price',
    'The order that visitors ask for most.',
  ),
  rejected: commit(
    'priya',
    '2026-11-19T11:12:47.000Z',
    'Charge for gift wrapping',
    '2.50 a gift, as agreed with sales.',
  ),
  pmo: commit(
    'jonas',
    '2026-11-21T13:40:26.000Z',
    'Send invoices as PDF',
    'Mail clients cut the HTML invoice after 100 kB.\nThe HTML stays as the text of the mail.',
    'billing',
  ),
  own: commit(
    'sam',
    '2026-11-20T08:31:50.000Z',
    'Search by article number',
    'Shops order by the number on the shelf.',
    'catalog',
  ),
  changed: commit(
    'priya',
    '2026-11-19T16:02:33.000Z',
    'End idle sessions after 30 minutes',
    'As the security review asked; it was a day.',
    'accounts',
  ),
  long: commit('tom', '2026-11-18T16:02:00.000Z', `Long ${'and unbroken'.repeat(20)}`, 'y'.repeat(90)),
} as const;
/** Names of the scene's promotions. */
export type Name = keyof typeof commits;

/** Id of a request: unguessable, and 22 characters long. */
export const requestId = (name: Name, role: ApproverRole = 'qc'): string =>
  createHash('sha256').update(`${role} ${name}`).digest('base64url').slice(0, 22);

/** QAT is done and QC is asked, after the promotion waited for QAT. @param queue in ms */
export const toQc = (history: History, queue = 2 * SECOND): History =>
  history
    .wait(900)
    .done(names.lockQat, queue)
    .done(names.buildQatImage, 764 * SECOND)
    .done(names.pointQatAtImage, 1900)
    .done(names.refreshQatInstance, 227 * SECOND)
    .done(names.deployToQat, 138 * SECOND)
    .enter(names.qcApproval)
    .schedule();

/** QC has approved and PMO is asked. */
export const toPmo = (history: History, queue?: number): History => {
  toQc(history, queue)
    .wait(12 * MINUTE)
    .add('TaskSucceeded');
  return history.exit(names.qcApproval).choose(names.didQcApprove).enter(names.pmoApproval).schedule();
};

/** Both have approved. */
export const toProd = (history: History): History => {
  toPmo(history)
    .wait(5 * MINUTE)
    .add('TaskSucceeded');
  return history
    .exit(names.pmoApproval)
    .choose(names.didPmoApprove)
    .done(names.lockProd, 1200)
    .done(names.confirmApprovers, 700);
};

/** Prod is being deployed. */
export const toDeployment = (history: History): History =>
  toProd(history)
    .done(names.buildProdImage, 651 * SECOND)
    .done(names.pointProdAtImage, 1700)
    .enter(names.deployToProd)
    .schedule();

const imageContents = (application: string, of: Commit, version: string, node: string): ImageContents => ({
  imageId: image(of.commitId),
  recipe: `${application} ${version}`,
  parentImage: 'amazon-linux-2023-x86 2026.11.10',
  components: [`security-updates 1.4.0`, `runtime-nodejs ${node}`, 'codedeploy-agent 1.8.1'],
});

const file = (path: string, change: ChangedFile['change']): ChangedFile => ({ path, change });
const files: Readonly<Record<string, readonly ChangedFile[]>> = {
  shop: [
    file('package.json', 'changed'),
    file('src/cart/cart-summary.mjs', 'added'),
    file('src/cart/cart-summary.test.mjs', 'added'),
    file('src/cart/price-list.mjs', 'changed'),
    file('src/pages/article.mjs', 'changed'),
    file('src/pages/checkout/delivery-address-form-with-suggestions.mjs', 'changed'),
    file('src/pages/layout.mjs', 'changed'),
    file('src/pages/old-cart.mjs', 'removed'),
    file('src/styles/cart.css', 'added'),
    file('src/styles/old-cart.css', 'removed'),
  ],
  billing: [file('src/invoices/mail.mjs', 'changed'), file('src/invoices/pdf.mjs', 'added')],
  catalog: [file('src/search/index.mjs', 'changed'), file('src/search/number.mjs', 'added')],
  accounts: [file('config/sessions.json', 'changed')],
};

const countOf = (all: readonly ChangedFile[]): Review['fileCount'] => {
  const count = (change: ChangedFile['change']) => all.filter((one) => one.change === change).length;
  return { added: count('added'), changed: count('changed'), removed: count('removed') };
};

const changedCommit = (of: Commit) => ({
  commitId: of.commitId,
  author: of.commitAuthor,
  authorEmail: of.commitAuthorEmail,
  committer: of.commitAuthor,
  committerEmail: of.commitAuthorEmail,
  message: `${of.commitMessage}\n\n${of.reason}`,
});

/** A commit that was pushed together with the one that shows the cart. */
const before = commit('priya', '2026-11-22T09:58:12.000Z', 'Keep the price list sorted while it loads', '');

/** What those who are asked are shown. */
export const reviewOf = (of: Commit, configurationVersion: string): Review => ({
  configurationVersion,
  ...(of.application === 'shop'
    ? { live: { promotionId: commits.live.promotionId, commitId: commits.live.commitId } }
    : {}),
  commits: [changedCommit(of), ...(of === commits.open ? [changedCommit(before)] : [])],
  commitCount: of === commits.open ? 2 : 1,
  makers: [of, ...(of === commits.open ? [before] : [])].map(
    ({ commitId, commitAuthor, commitAuthorEmail }) => ({
      name: commitAuthor,
      address: commitAuthorEmail,
      because: [
        { role: 'author', commitId, count: 1 },
        { role: 'committer', commitId, count: 1 },
      ],
    }),
  ),
  files: files[of.application] ?? [],
  fileCount: countOf(files[of.application] ?? []),
  images: {
    qat: imageContents(of.application, of, '1.5.0', '20.19.5'),
    ...(of.application === 'shop' ? { prod: imageContents('shop', commits.live, '1.4.2', '20.19.4') } : {}),
  },
  tests: [
    {
      instanceId: instance(of.commitId),
      status: 'Succeeded',
      events: ['ApplicationStop', 'BeforeInstall', 'AfterInstall', 'ApplicationStart', 'ValidateService'].map(
        (name) => ({ name, status: 'Succeeded' }),
      ),
    },
  ],
  qatUrl: `https://qat.${of.application}.example.com`,
  gaps: [],
});

/** What Image Builder's failure tells. */
export const imageFailure = [
  'shop-prod 1.5.0/3: the phase validate failed at the step "agent": exit code 1.',
  'Last lines of its log:',
  '  + systemctl is-enabled codedeploy-agent',
  '  Failed to get unit file state for codedeploy-agent.service: No such file or directory',
].join('\n');
