import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { MailAddresses } from './watch-subscriptions.ts';

/** Reads an application's addresses from the SSM parameter that its stack makes: a function's variables may be too small. */
export async function readMailAddresses(name: string, client = new SSMClient({})): Promise<MailAddresses> {
  const { Parameter } = await client.send(new GetParameterCommand({ Name: name }));
  return JSON.parse(Parameter?.Value ?? '') as MailAddresses;
}
