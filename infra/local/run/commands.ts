import path from 'node:path';
import { ADMINISTRATOR_PROFILE, credentialsFile, type Host } from '@lockstep/aws-emulator';
import { DEFAULT_PORT, DEFAULT_STATE_DIRECTORY } from '../../../cli/arguments.ts';

/** What commands need to know of the local run. */
type Place = Pick<Host, 'stateDir' | 'endpointUrl' | 'region'>;

const quoted = (text: string): string =>
  /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** A command of the AWS CLI against the local run, for a POSIX shell. @param rest service, operation and options */
export const awsCommand = ({ stateDir, endpointUrl, region }: Place, rest: string): string =>
  `AWS_SHARED_CREDENTIALS_FILE=${quoted(credentialsFile(stateDir))} aws --profile ${ADMINISTRATOR_PROFILE} --endpoint-url ${endpointUrl} --region ${region} ${rest}`;

/** A command of Lockstep's command line against the local run. @param rest command and operands */
export const lockstepCommand = ({ stateDir, endpointUrl }: Place, rest: string): string => {
  const port = Number(new URL(endpointUrl).port);
  const isDefault = stateDir === path.resolve(process.env.INIT_CWD ?? '.', DEFAULT_STATE_DIRECTORY);
  return [
    `npm run lockstep -- ${rest} --local`,
    ...(port === DEFAULT_PORT ? [] : [`--port ${port}`]),
    ...(isDefault ? [] : [`--state-dir ${quoted(stateDir)}`]),
  ].join(' ');
};
