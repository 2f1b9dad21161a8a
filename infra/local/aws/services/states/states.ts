import type { Host, Service } from '../../host.ts';
import { executionOperations } from './execution-operations.ts';
import { createExecutions } from './executions.ts';
import { listOperations } from './list-operations.ts';
import { stateMachineResource } from './resources.ts';
import { stateMachineOperations } from './state-machine-operations.ts';
import { createMachines } from './state-machines.ts';
import { tokenOperations } from './token-operations.ts';
import { createTokens } from './tokens.ts';

/**
 * Creates Step Functions: Standard state machines in JSONata, run by the interpreter in `engine/`. Every input event
 * of an execution is in the store before anything follows from it, so a killed run goes on where it was.
 */
export const createStatesService = (host: Host): Service => {
  const machines = createMachines(host);
  const tokens = createTokens(host.store);
  const executions = createExecutions(host, machines.definitions, tokens);
  return {
    name: 'states',
    operations: {
      ...stateMachineOperations(machines),
      ...executionOperations(host, machines, executions),
      ...listOperations(machines, executions),
      ...tokenOperations(tokens, executions),
    },
    resources: { 'AWS::StepFunctions::StateMachine': stateMachineResource(machines, executions, host.clock) },
    start: async () => {
      await executions.load();
      executions.resume();
    },
    stop: executions.stop,
  };
};
