import { AwsError } from '../host.ts';
import type { RequestTarget } from './routes.ts';

/** What a signed request says of its caller. Signatures are not verified: the key's id itself is random. */
interface CallerClaim {
  readonly accessKeyId: string;
  readonly sessionToken: string | undefined;
  /** The signing name in the credential's scope: `states`. */
  readonly service: string;
}

/**
 * Reads the Authorization header, or a presigned query.
 * @throws AwsError `MissingAuthenticationToken` and `IncompleteSignature`, as AWS answers them
 */
export const readClaim = ({ headers, query }: RequestTarget): CallerClaim => {
  const header = headers.authorization;
  const credential =
    typeof header === 'string' ? credentialIn(header) : (query.get('X-Amz-Credential') ?? undefined);
  if (credential === undefined) {
    if (typeof header !== 'string') {
      throw new AwsError(
        'MissingAuthenticationToken',
        'Missing Authentication Token: sign the request with the access key in the file "credentials" of the state directory.',
        403,
      );
    }
    throw incomplete(header);
  }
  // The key's id, date, region and service; the region is left out by signatures for several regions.
  const scope = credential.split('/');
  const service = scope.at(-2);
  if (scope.length < 4 || scope.at(-1) !== 'aws4_request' || !service || !scope[0])
    throw incomplete(credential);
  const token = headers['x-amz-security-token'] ?? query.get('X-Amz-Security-Token');
  return { accessKeyId: scope[0], sessionToken: token?.toString(), service };
};

const credentialIn = (header: string): string | undefined => {
  const start = header.indexOf('Credential=');
  if (start === -1) return undefined;
  const end = header.indexOf(',', start);
  return header.slice(start + 'Credential='.length, end === -1 ? undefined : end).trim();
};

const incomplete = (found: string): AwsError =>
  new AwsError(
    'IncompleteSignature',
    `The Authorization header must name a credential "KEY/DATE/REGION/SERVICE/aws4_request", but was "${found.slice(0, 100)}".`,
    403,
  );
