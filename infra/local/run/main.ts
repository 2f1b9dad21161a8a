import { keepHeapsSmall } from './heap.ts';
import { onLauncherEnd } from './launcher.ts';
import { runMain } from './run-main.ts';
import { listenForStop } from './stop-request.ts';

// The SDK is pinned here; its notice about later versions is nothing that a person at this terminal can act on.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

keepHeapsSmall();
const { signal, stop } = listenForStop(process, [process.stdout, process.stderr]);
onLauncherEnd(process.env, () => stop('SIGTERM'));
process.exitCode = await runMain(process.argv.slice(2), signal);
// Keep-alive connections of the SDK clients would hold the process for seconds.
process.exit();
