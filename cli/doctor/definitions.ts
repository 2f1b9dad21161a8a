import { DescribeStateMachineCommand, StateMachineDoesNotExist } from '@aws-sdk/client-sfn';
import { referredId } from './assembly.ts';
import { type Finding, fault } from './finding.ts';
import { isOfApplication } from './needs.ts';
import { type DeployedResource, deployedAs, type Place } from './place.ts';

/** Parts of a definition: text as it is, and references by the logical id that they name. */
type Part = string | { readonly refersTo: string | undefined };

/** Splits what a template says into text and references. Everything is a text, or `Fn::Join` without a separator. */
const partsOf = (template: unknown): readonly Part[] => {
  if (typeof template === 'string') return [template];
  const join = (template as { 'Fn::Join'?: readonly [string, readonly unknown[]] } | undefined)?.['Fn::Join'];
  return join ? join[1].flatMap(partsOf) : [{ refersTo: referredId(template) }];
};

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Whether a definition is what a template says. A reference stands for the physical id of the resource, alone or within an ARN or
 * URL; for what CloudFormation alone knows (a partition, an import) any text without quotes will do.
 * @param resources those of the stack
 */
export function isAsDeclared(
  template: unknown,
  deployed: string,
  resources: readonly Pick<DeployedResource, 'id' | 'physicalId'>[],
): boolean {
  const pattern = partsOf(template).map((part) => {
    if (typeof part === 'string') return escaped(part);
    const found = resources.find(({ id }) => id === part.refersTo);
    return found ? `(?:[^"]*[:/])?${escaped(found.physicalId)}(?:[:/][^"]*)?` : '[^"]*';
  });
  return new RegExp(`^${pattern.join('')}$`, 's').test(deployed);
}

/** State machines that are not as the templates declare them. @param names those that differ */
export const definitionFindings = (names: readonly string[], stack: string): readonly Finding[] =>
  names.map((name) =>
    fault(
      `The state machine ${name} is not as declared`,
      'its definition differs from the template',
      `Deploy: npx cdk deploy ${stack}. If that is done already, somebody changed the definition by hand: put it back with a new deployment, and see in CloudTrail who did (UpdateStateMachine).`,
    ),
  );

/** Compares the deployed state machines of applications with the templates. */
export const checkDefinitions = async (place: Place): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  const machines = deployedAs(place, 'AWS::StepFunctions::StateMachine').filter(isOfApplication);
  for (const { stack, physicalId, properties } of machines) {
    const resources = place.deployed.flatMap((one) => (one.name === stack ? one.resources : []));
    const name = physicalId.split(':').at(-1) ?? physicalId;
    try {
      const { definition = '' } = await place.clients.sfn.send(
        new DescribeStateMachineCommand({ stateMachineArn: physicalId }),
      );
      if (!isAsDeclared(properties.DefinitionString, definition, resources))
        findings.push(...definitionFindings([name], stack));
    } catch (error) {
      if (!(error instanceof StateMachineDoesNotExist)) throw error;
      findings.push(...definitionFindings([name], stack));
    }
  }
  return findings;
};
