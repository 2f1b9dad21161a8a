import { keepHeapsSmall } from './heap.ts';
import { endWithLauncher } from './launcher.ts';
import { runMain } from './run-main.ts';

// The SDK is pinned here; its notice about later versions is nothing that a person at this terminal can act on.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

keepHeapsSmall();
endWithLauncher(process.env);
process.exitCode = await runMain(process.argv.slice(2));
// Keep-alive connections of the SDK clients would hold the process for seconds.
process.exit();
