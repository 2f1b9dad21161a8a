import { type ConfigError, readConfig } from '../../infra/config.ts';

/** What a configuration that is refused is told. @throws Error if it is accepted */
export const messageOf = (value: unknown): string => {
  try {
    readConfig(value);
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigError' });
    return (error as ConfigError).message;
  }
  throw new Error('the configuration was accepted');
};
