import { runMain } from './run-main.ts';

process.exitCode = await runMain(process.argv.slice(2));
// Keep-alive connections of the SDK clients would hold the process for seconds.
process.exit();
