import { createInterface } from 'node:readline/promises';
import { runProgram } from './program.ts';

// The SDK is pinned here; its notice about later versions is nothing that a person at this terminal can act on.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** Asked on the error stream, so that what goes on from the output is the outcome alone. */
const ask = async (question: string): Promise<string> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
};

process.exitCode = await runProgram(process.argv.slice(2), {
  // npm changes into the project's root; paths are meant from where it was called.
  directory: process.env.INIT_CWD ?? process.cwd(),
  out: (text) => console.log(text),
  error: (text) => console.error(`lockstep: ${text}`),
  ...(process.stdin.isTTY && process.stderr.isTTY && { ask }),
});
