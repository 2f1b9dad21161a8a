import type { TaskCompletions, Told } from '../../../tasks/task-completions.ts';

/** Task tokens as Step Functions keeps them: each takes one completion, and is gone afterwards. */
export const createTokens = (...open: string[]) => {
  const waiting = new Set(open);
  const told: { token: string; output?: object; error?: string; cause?: string }[] = [];
  const complete = (token: string, what: object): Told => {
    if (!waiting.delete(token)) return 'no-longer-open';
    told.push({ token, ...what });
    return 'told';
  };
  const tasks: TaskCompletions = {
    succeed: async (token, output) => complete(token, { output }),
    fail: async (token, failure) => complete(token, failure),
  };
  return {
    tasks,
    told,
    open: (token: string) => waiting.add(token),
    close: (token: string) => waiting.delete(token),
  };
};
