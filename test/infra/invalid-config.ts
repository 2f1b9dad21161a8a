import { type ConfigError, readConfig } from '../../infra/config.ts';

/** The message about an invalid configuration. @throws Error if it is valid */
export const messageOf = (value: unknown): string => {
  try {
    readConfig(value);
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigError' });
    return (error as ConfigError).message;
  }
  throw new Error('the configuration was accepted');
};
