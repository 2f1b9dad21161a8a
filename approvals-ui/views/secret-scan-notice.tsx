import type { FC } from 'hono/jsx';
import type { SecretScan } from '../../tasks/secret-scan/secret-scan.ts';
import { visibleText } from '../../tasks/words.ts';
import { GivenLines } from './given-text.tsx';
import { Notice } from './layout.tsx';

/** What the scan of the commit for secrets found: places and rules, and never a secret. */
export const SecretScanNotice: FC<{ scan: SecretScan }> = ({ scan }) => {
  const { files, findings, findingCount, notScanned, notScannedCount, failed } = scan;
  if (failed !== undefined)
    return (
      <Notice kind="warning" title="This commit was not scanned for secrets">
        <p>
          <GivenLines text={failed} />
        </p>
      </Notice>
    );
  return (
    <>
      {findingCount === 0 ? (
        <p class="muted">
          No secret was found in {files} added or changed {files === 1 ? 'file' : 'files'}.
        </p>
      ) : (
        <Notice
          kind="warning"
          title={findingCount === 1 ? 'A possible secret' : `${findingCount} possible secrets`}
        >
          <p>
            These lines look like secrets. Everybody who reads the repository has them: if they are real,
            reject this promotion, and have them replaced where they are used.
          </p>
          <ul>
            {findings.map(({ path, line, rule }) => (
              <li>
                <Path path={path} />, line {line}: {rule}
              </li>
            ))}
          </ul>
          <Others count={findingCount - findings.length} />
        </Notice>
      )}
      {notScannedCount === 0 ? null : (
        <details id="not-scanned">
          <summary>
            {notScannedCount} {notScannedCount === 1 ? 'file was' : 'files were'} not, or not wholly, scanned
            for secrets
          </summary>
          <ul>
            {notScanned.map(({ path, why }) => (
              <li>
                <Path path={path} />: {why}
              </li>
            ))}
          </ul>
          <Others count={notScannedCount - notScanned.length} />
        </details>
      )}
    </>
  );
};

const Path: FC<{ path: string }> = ({ path }) => (
  <code class="long">
    <bdi>{visibleText(path)}</bdi>
  </code>
);

const Others: FC<{ count: number }> = ({ count }) => (count > 0 ? <p>and {count} more.</p> : null);
