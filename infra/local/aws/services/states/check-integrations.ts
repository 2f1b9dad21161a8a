import type { Definition } from '../../engine/definition.ts';
import { InvalidDefinitionError } from '../../engine/definition-problems.ts';
import { isSdkService } from './sdk-services.ts';

/**
 * Checks that every task calls something that the emulator can call.
 * @throws InvalidDefinitionError naming the states
 */
export const checkResources = (definition: Definition): void => {
  const problems = definition.blocks.flatMap(({ states }) =>
    [...states.values()].flatMap((state) => {
      if (state.type !== 'Task') return [];
      const { resourceType, resource, arn } = state.resource;
      const action = resource.split('.')[0];
      if (resourceType === 'lambda' && action === 'invoke') return [];
      if (resourceType.startsWith('aws-sdk:') && isSdkService(resourceType.slice(8))) return [];
      return [
        {
          code: 'SCHEMA_VALIDATION_FAILED' as const,
          text: `The resource '${arn}' of state '${state.name}' is not served by the emulator`,
          path: `/States/${state.name}/Resource`,
        },
      ];
    }),
  );
  if (problems.length > 0) throw new InvalidDefinitionError(problems);
};
