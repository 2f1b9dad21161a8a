import { findingText } from '../vulnerabilities/finding.ts';
import { listed } from '../words.ts';
import type { Lineage, Place } from './lineage.ts';
import { type Question, questionText } from './question.ts';

const kinds: Readonly<Record<Exclude<Question['kind'], 'vulnerability'>, string>> = {
  commit: 'Commit',
  image: 'Image',
  deployment: 'Deployment',
  instance: 'Instance',
  package: 'Package',
};

/** `2 of 4 environments`, `none of 4 environments`, `the one environment`. */
const environmentsText = (live: number, looked: number): string => {
  if (looked === 1) return `${live === 0 ? 'not live in' : 'live in'} the one environment that was looked at`;
  return `live in ${live === 0 ? 'none' : live} of ${looked} environments that were looked at`;
};

const earlierText = (earlier: number, looked: number): string => {
  if (looked === 1)
    return `The one earlier release that Prod can go back to ${earlier === 0 ? 'does not have' : 'has'} it.`;
  return `Of ${looked} earlier releases that Prod can go back to, ${earlier === 0 ? 'none' : earlier} ${earlier > 1 ? 'have' : 'has'} it.`;
};

/** What of it a place has: `openssl 1:3.2.2-1`, or the finding. Undefined where the release itself was asked for. */
export function hasText({ packages, finding }: Pick<Place, 'packages' | 'finding'>): string | undefined {
  if (finding !== undefined) return findingText(finding);
  return packages && listed(packages.map(({ name, version }) => `${name} ${version}`));
}

/** Where something is live, in how many of what was looked at, in sentences. */
export function summaryOf({ question, live, earlier, similar, looked, gaps }: Lineage): readonly string[] {
  const text = questionText(question);
  const what = question.kind === 'vulnerability' ? text : `${kinds[question.kind]} ${text}`;
  if (looked.live === 0)
    return [
      gaps.live.length === 0
        ? 'No environment runs anything that was promoted.'
        : 'No environment could be looked at.',
    ];
  return [
    `${what} is ${environmentsText(live.length, looked.live)}.`,
    ...(looked.earlier === 0 ? [] : [earlierText(earlier.length, looked.earlier)]),
    ...(similar.length === 0
      ? []
      : [
          `The live images have ${listed(similar.map(({ name, version }) => `${name} ${version}`))}${live.length > 0 ? ' as well' : ''}.`,
        ]),
  ];
}
