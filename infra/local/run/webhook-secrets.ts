import { randomBytes } from 'node:crypto';
import type { Assembly, EmulatorServices, Host } from '@lockstep/aws-emulator';

/** Bytes of a key that signs webhooks. */
const KEY_BYTES = 32;

/** The secrets that rules name for the receivers of their events. */
export const webhookSecrets = ({ stacks }: Pick<Assembly, 'stacks'>): readonly string[] => {
  const named = stacks.flatMap(({ template }) =>
    Object.values((template.Resources ?? {}) as Readonly<Record<string, { readonly Type?: string }>>)
      .filter(({ Type }) => Type === 'AWS::Events::Rule')
      .flatMap((rule) =>
        [...JSON.stringify(rule).matchAll(/\\"secretArn\\":\\"(arn:[^"\\]+)/g)].map(([, arn = '']) => arn),
      ),
  );
  return [...new Set(named)];
};

/** Makes the keys that sign webhooks, which people store by hand in an account; one that is there stays. */
export const prepareWebhookSecrets = (
  { store }: Pick<Host, 'store'>,
  { secretsmanager }: Pick<EmulatorServices, 'secretsmanager'>,
  assembly: Pick<Assembly, 'stacks'>,
): void => {
  for (const arn of webhookSecrets(assembly))
    if (!store.table('secretsmanager.secrets').has(arn))
      secretsmanager.keep(arn, `whsec_${randomBytes(KEY_BYTES).toString('base64')}`);
};
