import type { Completion, TaskCompletions } from '../../../tasks/task-completions.ts';

/** Task tokens as Step Functions keeps them: each takes one completion, and is gone afterwards. */
export const createTokens = (...open: string[]) => {
  const waiting = new Set(open);
  const completion: { token: string; output?: object; error?: string; cause?: string }[] = [];
  const complete = (token: string, what: object): Completion => {
    if (!waiting.delete(token)) return 'no-longer-open';
    completion.push({ token, ...what });
    return 'completed';
  };
  const tasks: TaskCompletions = {
    succeed: async (token, output) => complete(token, { output }),
    fail: async (token, failure) => complete(token, failure),
  };
  return {
    tasks,
    completion,
    open: (token: string) => waiting.add(token),
    close: (token: string) => waiting.delete(token),
  };
};
