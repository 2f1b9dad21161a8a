import type { PackageChange } from '../image-inventory/compare-inventories.ts';
import type { ParentImage } from '../images/parent-image.ts';
import type { Marking } from '../marks/bad-mark.ts';
import type { SecretScan } from '../secret-scan/secret-scan.ts';
import type { ChangedFile, SourcePush } from '../source/source.ts';
import type { Acceptance } from '../vulnerabilities/acceptance.ts';
import type { Finding, Scanner } from '../vulnerabilities/finding.ts';
import type { JudgedPackage } from '../vulnerabilities/security-updates.ts';
import type { ClaimedRole } from './commit-record.ts';
import type { UntriedHook } from './untried-hooks.ts';

/** Who wrote and who committed one commit of the change. */
export interface ChangedCommit {
  readonly commitId: string;
  readonly author: string;
  readonly authorEmail: string;
  readonly committer: string;
  readonly committerEmail: string;
  /** The whole message, cut if it is very long. Always shown as text. */
  readonly message: string;
}

/** Why somebody is a maker. */
export interface Reason {
  readonly role: ClaimedRole | 'pusher' | 'asker';
  /** One commit in which they are named, or which they pushed. */
  readonly commitId: string;
  /** Commits, or pushes, of which this is true. */
  readonly count: number;
}

/** Somebody who made a part of the change. */
export interface Maker {
  /** As the commit claims; of a pusher, the user or session that IAM names. */
  readonly name: string;
  /** As the commit claims. Never cut. Empty if none is given, and of pushers. */
  readonly address: string;
  /** Of a pusher. */
  readonly arn?: string;
  /** E-mail address of the person of the pool whose further name this is, by the configuration. */
  readonly person?: string;
  readonly because: readonly Reason[];
}

/** What an image was made of. */
export interface ImageContents {
  readonly imageId: string;
  /** Of an image that was used again instead of building one: when its build began, ISO 8601. */
  readonly reused?: string;
  /** Name and version. */
  readonly recipe: string;
  /** As the recipe names it, which may be "the newest". */
  readonly parentImage: string;
  /** The AMI that it was really made from, if EC2 says. */
  readonly parent?: ParentImage;
  /** Names and versions, in the order of their installation. */
  readonly components: readonly string[];
}

/** Which packages of an image differ from those of another: of the QAT image from those of the image that Prod runs. */
export interface ReviewedPackages {
  /** How many the image has. */
  readonly total: number;
  readonly count: Readonly<Record<PackageChange['change'], number>>;
  /** How many of those that went up are security updates. Absent if images are not scanned. */
  readonly securityUpdates?: number;
  /** Those that matter most first; `count` counts all. */
  readonly changes: readonly JudgedPackage[];
}

/** A vulnerability of the QAT image, or one that only the image has that Prod runs. */
export interface ReviewedFinding extends Finding {
  readonly change: 'new' | 'still' | 'fixed';
  /** Who accepted it, where the gate had stopped the image otherwise. */
  readonly acceptance?: Omit<Acceptance, 'application'>;
}

/** Which vulnerabilities the QAT image has, compared with the image that Prod runs. */
export interface ReviewedVulnerabilities {
  /** Whether those of what Prod runs are known; otherwise all count as new. */
  readonly isCompared: boolean;
  /** What scanned the QAT image. Absent for Amazon Inspector. */
  readonly scanner?: Scanner;
  /** What scanned the image that Prod runs, in words, where that was another scanner: each may know others. */
  readonly otherScanner?: string;
  readonly count: Readonly<Record<ReviewedFinding['change'], number>>;
  /** New ones first, and the most urgent first among them; `count` counts all. */
  readonly findings: readonly ReviewedFinding[];
}

/** How the QAT deployment went on one instance: its lifecycle events, the application's own checks among them. */
export interface InstanceReport {
  readonly instanceId: string;
  readonly status: string;
  readonly events: readonly { readonly name: string; readonly status: string }[];
}

/** A release, as a review names it. */
export interface ReviewedRelease {
  readonly promotionId: string;
  readonly commitId: string;
  /** The first line of its commit's message. */
  readonly commitMessage: string;
}

/** What a go-back undoes, and why. */
export interface GoBackReview {
  readonly to: ReviewedRelease;
  /** The releases that are undone: what Prod runs now, and those between, newest first. */
  readonly undone: readonly ReviewedRelease[];
  readonly reason: string;
  /** User name, or ARN. */
  readonly askedBy: string;
  readonly prodImageId: string;
}

/** A commit of the change that is marked bad: by somebody, or because somebody went back from it. */
export type ContainedBad = { readonly commitId: string } & Omit<Marking, 'unmarked'>;

/**
 * What approvers are shown, collected when they are asked and kept with the request: everybody sees the same,
 * then and later.
 */
export interface Review {
  /** Digest of the application's configuration. */
  readonly configurationVersion: string;
  /** What was in Prod; absent before the first promotion. */
  readonly live?: { readonly promotionId: string; readonly commitId: string };
  /** Set if the promotion goes back: `commits` and `files` are then what leaves Prod. */
  readonly goBack?: GoBackReview;
  /** Commits of the change that are marked bad. Absent if there are none. */
  readonly bad?: readonly ContainedBad[];
  /** Commits that Prod does not have, those nearest to the promoted one first; `commitCount` counts all of them. */
  readonly commits: readonly ChangedCommit[];
  readonly commitCount: number;
  /** Everybody who made a part of the change; of a go-back, who asked. Complete: a rule depends on it. */
  readonly makers: readonly Maker[];
  /**
   * The promotion's push, as the repository's provider recorded it. Absent where nobody records pushes: then the pusher is who the event
   * names.
   */
  readonly push?: SourcePush;
  /** Domains in whose addresses dots do not count, by the configuration. */
  readonly dotsIgnoredIn?: readonly string[];
  /** Files that differ from Prod, by path; `fileCount` counts all of them. */
  readonly files: readonly ChangedFile[];
  readonly fileCount: { readonly added: number; readonly changed: number; readonly removed: number };
  readonly images: { readonly qat?: ImageContents; readonly prod?: ImageContents };
  /** Absent before the first release, of a go-back, and where it could not be read. */
  readonly packages?: ReviewedPackages;
  /** Of a request about the Prod image: how its packages differ from those of the approved QAT image. Absent if it could not be read. */
  readonly prodImagePackages?: ReviewedPackages;
  /** Absent where images are not scanned, of a go-back, and where it could not be read. */
  readonly vulnerabilities?: ReviewedVulnerabilities;
  readonly tests: readonly InstanceReport[];
  /** Hooks that QAT does not run and that the change brings, with the files that differ. Absent if there are none. */
  readonly untriedHooks?: readonly UntriedHook[];
  /** What of the revision's AppSpec file is probably a mistake. Absent if nothing is. */
  readonly appSpecWarnings?: readonly string[];
  /** What the scan of the commit for secrets found. Absent if there was none. */
  readonly secretScan?: SecretScan;
  /** URL of the QAT application, if known. */
  readonly qatUrl?: string;
  /** What could not be read, and why. */
  readonly gaps: readonly string[];
}
