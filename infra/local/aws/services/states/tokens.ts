import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Store } from '../../store.ts';

/** Makes and reads task tokens. Tokens name their task; only who has the installation's secret can make one. */
export interface Tokens {
  readonly of: (executionArn: string, taskId: string) => string;
  /** Undefined for a token that was not made here. */
  readonly read: (token: string) => { readonly executionArn: string; readonly taskId: string } | undefined;
}

const MAC_BYTES = 32;

/** The tokens of one installation: the same task has the same token in every run of a state directory. */
export const createTokens = (store: Store): Tokens => {
  const secrets = store.table<string>('states.secrets');
  const secret = secrets.get('token') ?? randomBytes(32).toString('hex');
  if (!secrets.has('token')) secrets.put('token', secret);
  const mac = (content: Buffer) => createHmac('sha256', secret).update(content).digest();

  return {
    of: (executionArn, taskId) => {
      const content = Buffer.from(`${executionArn}\n${taskId}`);
      return Buffer.concat([mac(content), content]).toString('base64url');
    },
    read: (token) => {
      const bytes = Buffer.from(token, 'base64url');
      // Decoding is lenient; another spelling of a token is none.
      if (bytes.length <= MAC_BYTES || bytes.toString('base64url') !== token) return undefined;
      const content = bytes.subarray(MAC_BYTES);
      if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), mac(content))) return undefined;
      const [executionArn = '', taskId = ''] = content.toString().split('\n');
      return { executionArn, taskId };
    },
  };
};
