import { UsageError } from '../../../cli/arguments.ts';

/** A configuration as far as it can be followed on one machine, and the keys that cannot. */
export interface LocalConfiguration {
  readonly lockstep: unknown;
  /** Keys that were left out, as paths. */
  readonly leftOut: readonly string[];
}

/**
 * What only an AWS account has: its id and region, domain names with certificates, its images, and archives in S3, for which CodeCommit
 * stands. For repositories behind a connection the forge stands. Company providers, webhooks and chats elsewhere
 * come on top.
 */
const ofTheConfiguration = ['approvalsSite', 'env'] as const;
const ofAnApplication = ['https', 'source'] as const;
const ofAnImage = ['parent'] as const;

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isConnection = (source: unknown): boolean => isObject(source) && 'connectionArn' in source;

const without = (fields: Fields, keys: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)));

/** Providers on this machine, which the emulator can speak with. */
const isOnThisMachine = (provider: unknown): boolean =>
  isObject(provider) &&
  isObject(provider.oidc) &&
  /^http:\/\/127\.0\.0\.1:/.test(String(provider.oidc.issuer));

/** Sign-in without providers elsewhere; without any, people of the pool itself sign in. */
const localSignIn = (signIn: Fields, leftOut: string[]): Fields => {
  if (!Array.isArray(signIn.providers)) return signIn;
  const providers = signIn.providers.filter((one: unknown, index) => {
    const stays = !isObject(one) || isOnThisMachine(one);
    if (!stays) leftOut.push(`signIn.providers[${index}]`);
    return stays;
  });
  if (providers.length > 0 || signIn.passwords !== false || signIn.providers.length === 0)
    return { ...signIn, providers };
  leftOut.push('signIn.passwords');
  return { ...without(signIn, ['passwords']), providers };
};

/** Webhooks on this machine; chats are elsewhere, and nothing of a trial is told there. */
const isReceivedHere = (notification: unknown): boolean =>
  isObject(notification) &&
  isObject(notification.webhook) &&
  /^http:\/\/127\.0\.0\.1:/.test(String(notification.webhook.url));

/** What has notifications, with those alone that are received on this machine. @param at its path */
const receivedHere = (fields: Fields, at: string, leftOut: string[]): Fields => {
  const { notifications } = fields;
  if (!Array.isArray(notifications)) return fields;
  const kept = notifications.filter((one: unknown, index) => {
    const stays = !isObject(one) || isReceivedHere(one);
    if (!stays) leftOut.push(`${at}notifications[${index}]`);
    return stays;
  });
  return { ...fields, notifications: kept };
};

/** Components of the account itself. */
const ownComponent = /^arn:aws[a-z-]*:imagebuilder:[^:]*:\d{12}:/;

/** Images without what only an account has: its AMIs and parameters, and components that it keeps in Image Builder. */
const localImage = (image: Fields, at: string, leftOut: string[]): Fields => {
  leftOut.push(...ofAnImage.filter((key) => key in image).map((key) => `${at}.${key}`));
  const kept = (['components', 'tests'] as const).flatMap((key) => {
    const list = image[key];
    if (!Array.isArray(list)) return [];
    list.forEach((one, index) => {
      if (ownComponent.test(String(one))) leftOut.push(`${at}.${key}[${index}]`);
    });
    return [[key, list.filter((one) => !ownComponent.test(String(one)))]];
  });
  return { ...without(image, ofAnImage), ...Object.fromEntries(kept) };
};

/** Where a configuration places environments in another account or region, as paths. */
const placedElsewhere = (lockstep: Fields): string[] => {
  const { applications } = lockstep;
  const own = Array.isArray(applications)
    ? applications.flatMap((application: unknown, index) =>
        isObject(application) && 'environments' in application ? [`applications[${index}].environments`] : [],
      )
    : [];
  return [...('environments' in lockstep ? ['environments'] : []), ...own];
};

/**
 * Leaves out of a configuration what this machine cannot run. A value that is no configuration stays as it is.
 * @throws UsageError for environments in other accounts or regions: without them it would be another system
 */
export const localConfiguration = (lockstep: unknown): LocalConfiguration => {
  if (!isObject(lockstep)) return { lockstep, leftOut: [] };
  const elsewhere = placedElsewhere(lockstep);
  if (elsewhere.length > 0)
    throw new UsageError(
      `The configuration places environments in another account or region (${elsewhere.map((key) => `lockstep.${key}`).join(', ')}), and the local run has one of each. Deploy it with "npx cdk deploy --all", or name a configuration without ${elsewhere.join(' and ')} by --config.`,
    );
  const leftOut: string[] = ofTheConfiguration.filter((key) => key in lockstep);
  const { applications } = lockstep;
  return {
    lockstep: {
      ...receivedHere(without(lockstep, ofTheConfiguration), '', leftOut),
      ...(isObject(lockstep.signIn) && { signIn: localSignIn(lockstep.signIn, leftOut) }),
      ...(Array.isArray(applications) && {
        applications: applications.map((application: unknown, index) => {
          if (!isObject(application)) return application;
          const keys = ofAnApplication.filter((key) => key in application && !isConnection(application[key]));
          leftOut.push(...keys.map((key) => `applications[${index}].${key}`));
          const { image } = application;
          return {
            ...receivedHere(without(application, keys), `applications[${index}].`, leftOut),
            ...(isObject(image) && { image: localImage(image, `applications[${index}].image`, leftOut) }),
          };
        }),
      }),
    },
    leftOut,
  };
};
