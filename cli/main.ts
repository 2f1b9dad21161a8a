import { createInterface } from 'node:readline/promises';
import { runProgram } from './program.ts';

// The SDK's version is pinned: people at this terminal cannot act on its notice about later ones.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** Asks on the error stream, so that the output has the outcome only. */
const ask = async (question: string): Promise<string> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
};

process.exitCode = await runProgram(process.argv.slice(2), {
  // npm changes to the project's root; paths are relative to where it was called.
  directory: process.env.INIT_CWD ?? process.cwd(),
  out: (text) => console.log(text),
  progress: (text) => console.error(text),
  error: (text) => console.error(`lockstep: ${text}`),
  ...(process.stdin.isTTY && process.stderr.isTTY && { ask }),
});
