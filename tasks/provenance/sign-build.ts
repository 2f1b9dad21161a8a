import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import { serialize } from '../evidence/evidence-file.ts';
import type { EvidenceArchive, Signer } from '../evidence/seal-evidence.ts';
import { builtArchive } from '../jobs/built-archive.ts';
import type { CodeBuilds, SignBuild } from '../jobs/code-build.ts';
import { buildStatement, buildStatementKey } from './build-statement.ts';
import { signEnvelope } from './dsse.ts';

/** What signing needs. */
interface SignBuildDependencies {
  readonly builds: Pick<CodeBuilds, 'build'>;
  /** The version of an object that is there now; undefined if there is none. */
  readonly version: (bucket: string, key: string) => Promise<string | undefined>;
  readonly archive: EvidenceArchive;
  readonly signer: Signer;
  readonly application: string;
}

/**
 * Signs where an archive comes from that a build made, and keeps the statement. It asks CodeBuild and S3 itself, so nobody can have something
 * else signed. Safe to repeat: the same build gives the same statement, and the first signature stays.
 * @throws Error if the build made none, or something cannot be read or kept
 */
export function signBuild({
  builds,
  version,
  archive,
  signer,
  application,
}: SignBuildDependencies): SignBuild {
  return async function signBuild({ promotionId, buildId }) {
    const build = await builds.build(buildId);
    const made = build && builtArchive(build);
    if (build?.buildStatus !== 'SUCCEEDED' || made === undefined)
      throw new Error(`The build ${buildId} has made no archive; a redrive builds again`);
    const madeVersion = await version(made.bucket, made.key);
    if (madeVersion === undefined) return { isGone: true };
    const text = canonicalJson(
      buildStatement(build, { application, promotionId, built: { ...made, version: madeVersion } }),
    );
    const { publicKey } = await signer.key();
    const statement = statementDigest(text);
    await archive.keep(
      buildStatementKey(application, statement),
      serialize(await signEnvelope(text, signer.sign, publicKey)),
    );
    return { version: madeVersion, statement };
  };
}

/** SHA-256 of a statement: the same for the same build, while each signature of it is another. */
export const statementDigest = (text: string): string =>
  createHash('sha256').update(text, 'utf8').digest('hex');
