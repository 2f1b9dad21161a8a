import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { isObject, parsedJson } from './json.ts';

/** Structured log of a function: a JSON object per line. */
export const logger = new Logger({ serviceName: 'lockstep' });

/** A guard's user parameters, which CodePipeline hands over as JSON text. */
function guardParameters(event: Readonly<Record<string, unknown>>): unknown {
  const [text] = [
    'CodePipeline.job',
    'data',
    'actionConfiguration',
    'configuration',
    'UserParameters',
  ].reduce<readonly unknown[]>(([value], key) => [isObject(value) ? value[key] : undefined], [event]);
  return parsedJson(text);
}

/** The promotion that an event names: a state's request, an execution's status, or a guard's parameters. */
export function promotionIdIn(event: unknown): string | undefined {
  if (!isObject(event)) return undefined;
  const executionArn = isObject(event.detail) ? event.detail.executionArn : undefined;
  const parameters = guardParameters(event);
  const named = [
    event.promotionId,
    typeof executionArn === 'string' ? executionArn.split(':').at(-1) : undefined,
    isObject(parameters) ? parameters.promotionId : undefined,
  ];
  return named.find((value): value is string => typeof value === 'string');
}

/** A handler whose log lines carry its invocation and, where the event names one, the promotion; failures are logged. */
export function logged<Event, Result>(handler: (event: Event) => Promise<Result>) {
  return async function logged(event: Event, context: Context): Promise<Result> {
    logger.resetKeys();
    logger.addContext(context);
    const promotionId = promotionIdIn(event);
    if (promotionId !== undefined) logger.appendKeys({ promotionId });
    try {
      return await handler(event);
    } catch (error) {
      logger.error('The invocation failed', error instanceof Error ? error : String(error));
      throw error;
    }
  };
}
