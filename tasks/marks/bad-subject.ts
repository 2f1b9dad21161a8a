import { type Question, questionOf } from '../lineage/question.ts';
import { shortCommit } from '../words.ts';
import type { BadSubject } from './bad-mark.ts';

/** Only the subject, of something that has one. */
export const subjectOf = (one: BadSubject): BadSubject => {
  if ('commitId' in one) return { commitId: one.commitId };
  return 'imageId' in one ? { imageId: one.imageId } : { packageVersion: one.packageVersion };
};

/** What names a subject in the ledger: no two kinds can have the same. */
export const subjectId = (one: BadSubject): string => {
  if ('commitId' in one) return one.commitId;
  return 'imageId' in one ? one.imageId : one.packageVersion;
};

/** A marked package, as a question after it. */
export function markedPackage(packageVersion: string): Extract<Question, { kind: 'package' }> {
  const at = packageVersion.lastIndexOf('@');
  return { kind: 'package', name: packageVersion.slice(0, at), version: packageVersion.slice(at + 1) };
}

/** As sentences name it: `commit 8f0c1d2e`, `image ami-0ab`, `package openssl 3.2.2`. */
export function subjectText(one: BadSubject): string {
  if ('commitId' in one) return `commit ${shortCommit(one.commitId)}`;
  if ('imageId' in one) return `image ${one.imageId}`;
  const { name, version } = markedPackage(one.packageVersion);
  return `package ${name} ${version}`;
}

/** A whole AMI id: others could be meant by a part of one. */
const IMAGE = /^ami-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;

/** What package managers name packages and versions by: RPM's `1:3.2.2~rc1+git^2-1.amzn2023`, npm's `@scope/name`. */
const NAME = /^[\w.+/@-]{1,214}$/;
const VERSION = /^[\w.+~^:-]{1,128}$/;

/**
 * The image or package that somebody names: `ami-0123456789abcdef0`, `openssl 3.2.2`, `openssl@3.2.2`.
 * @returns undefined if it can only name a commit
 */
export function imageOrPackageIn(given: string): Exclude<BadSubject, { commitId: string }> | undefined {
  const question = questionOf(given);
  if (question.kind === 'image') return IMAGE.test(question.id) ? { imageId: question.id } : undefined;
  if (question.kind !== 'package' || question.version === undefined) return undefined;
  const { name, version } = question;
  return NAME.test(name) && VERSION.test(version)
    ? { packageVersion: `${name.toLowerCase()}@${version}` }
    : undefined;
}
