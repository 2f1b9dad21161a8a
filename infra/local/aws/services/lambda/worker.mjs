// @ts-check
// Runs inside a worker thread: stands for Lambda's Node.js runtime, for any number of execution environments, one
// invocation at a time. Plain JavaScript, since a worker does not pass through the loader that reads TypeScript. Its
// counterpart is function-worker.ts.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import v8 from 'node:v8';
import vm from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';

/** @typedef {import('./function-worker.ts').WorkerEnvironment} Environment */
/** @typedef {{ requestId: string, environment: Environment, payload: string, timeoutMs: number, functionArn: string, clientContext?: string }} Invocation */
/** @typedef {(event: unknown, context: object, callback: (error: unknown, result?: unknown) => void) => unknown} Handler */

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
/** @type {{ clock: SharedArrayBuffer }} */
const { clock } = workerData;
/** The environment that the thread stands for at the moment. @type {Environment} */
let settings;

/** Bytes; Lambda's limit for a synchronous response (6 MB and a little). */
const RESPONSE_LIMIT = 6_291_556;

/** @type {string | undefined} */
let requestId;

// ---- Time: the emulator clock's offset is shared, so that a clock that is set forward is seen at once.
const offset = new Float64Array(clock);
const MachineDate = Date;
const machineNow = Date.now.bind(Date);
MachineDate.now = () => machineNow() + Math.round(/** @type {number} */ (offset[0]));
const EmulatedDate = new Proxy(MachineDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length > 0 ? args : [target.now()], newTarget),
  apply: (target) => new target(target.now()).toString(),
});
MachineDate.prototype.constructor = EmulatedDate;
globalThis.Date = EmulatedDate;

// ---- Logs: as the runtime formats them; the main thread puts them into the log group.
const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
/** @param {string} line */
const writeLine = (line) => port.postMessage({ type: 'log', line });

/** @param {string} level @param {unknown[]} args */
const writeLog = (level, args) => {
  const timestamp = new Date().toISOString();
  if (settings.logFormat !== 'JSON') {
    const text = util.format(...args).replaceAll('\n', '\r');
    writeLine(`${timestamp}\t${requestId ?? 'undefined'}\t${level}\t${text}`);
    return;
  }
  if (levels.indexOf(level) < levels.indexOf(settings.logLevel)) return;
  const [first] = args;
  const isPlain =
    args.length === 1 && typeof first === 'object' && first !== null && !util.types.isNativeError(first);
  const error = args.find((arg) => util.types.isNativeError(arg));
  const record = {
    timestamp,
    level,
    requestId,
    message: isPlain ? first : util.format(...args),
    ...(error && { errorType: error.name, errorMessage: error.message, stackTrace: stackLines(error) }),
  };
  writeLine(JSON.stringify(record));
};

/** @type {[keyof Console, string][]} */
const methods = [
  ['log', 'INFO'],
  ['info', 'INFO'],
  ['debug', 'DEBUG'],
  ['warn', 'WARN'],
  ['error', 'ERROR'],
  ['trace', 'TRACE'],
];
for (const [method, level] of methods)
  Object.assign(console, { [method]: (/** @type {unknown[]} */ ...args) => writeLog(level, args) });
for (const stream of [process.stdout, process.stderr]) {
  stream.write = /** @type {typeof stream.write} */ (
    (/** @type {unknown} */ chunk, /** @type {unknown[]} */ ...rest) => {
      writeLine(String(chunk).replace(/\n$/, ''));
      const done = rest.find((item) => typeof item === 'function');
      if (typeof done === 'function') done();
      return true;
    }
  );
}

// ---- Errors, as the runtime reports them.
/** @param {Error} error */
const stackLines = (error) => (error.stack ?? '').split('\n');

/** @param {unknown} error */
const errorPayload = (error) =>
  util.types.isNativeError(error) || error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: stackLines(error) }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };

/** @param {string} errorType @param {string} errorMessage */
const runtimeError = (errorType, errorMessage) => Object.assign(new Error(errorMessage), { name: errorType });

/** The worker cannot go on: the invocation fails, and the next one gets a new worker. @param {object} payload */
const die = (payload) => {
  writeLog('ERROR', ['Invoke Error', JSON.stringify(payload)]);
  port.postMessage({ type: 'result', requestId, error: payload, isLast: true });
  process.exit(1);
};

process.on('uncaughtException', (error) => die(errorPayload(error)));
process.on('unhandledRejection', (reason) =>
  die({
    errorType: 'Runtime.UnhandledPromiseRejection',
    errorMessage: util.types.isNativeError(reason) ? `${reason.name}: ${reason.message}` : String(reason),
    reason: errorPayload(reason),
    promise: {},
    trace: util.types.isNativeError(reason) ? stackLines(reason) : [],
  }),
);

// ---- Loading the handler.
const isModulePackage = () => {
  try {
    return JSON.parse(readFileSync(path.join(settings.taskRoot, 'package.json'), 'utf8')).type === 'module';
  } catch {
    return false;
  }
};

/** @param {string} file */
const isFile = (file) => {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
};

/** @returns {Promise<Handler>} */
const loadHandler = async () => {
  const match = /^(.*\/)?([^/.]*)\.(.+)$/.exec(settings.handler);
  if (!match) throw runtimeError('Runtime.MalformedHandlerName', `Bad handler ${settings.handler}`);
  const [, folder = '', name = '', exported = ''] = match;
  const base = path.join(settings.taskRoot, folder, name);
  const file = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find(isFile);
  if (!file)
    throw runtimeError(
      'Runtime.ImportModuleError',
      `Error: Cannot find module '${folder}${name}' in ${settings.taskRoot}`,
    );
  const loaded = await loadModule(file);
  const handler = exported.split('.').reduce((/** @type {any} */ value, part) => value?.[part], loaded);
  if (typeof handler !== 'function')
    throw runtimeError('Runtime.HandlerNotFound', `${settings.handler} is undefined or not exported`);
  return handler;
};

/** @param {string} file @returns {Promise<unknown>} */
const loadModule = async (file) => {
  const isEsModule = file.endsWith('.mjs') || (file.endsWith('.js') && isModulePackage());
  try {
    return isEsModule ? await importAnew(file) : Module.createRequire(file)(file);
  } catch (error) {
    if (error instanceof SyntaxError) throw runtimeError('Runtime.UserCodeSyntaxError', String(error));
    const code = /** @type {{ code?: string }} */ (error).code;
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND')
      throw runtimeError('Runtime.ImportModuleError', String(error));
    throw error;
  }
};

let imported = 0;

/** An ES module is known by its address, so that another environment's instance needs another one. @param {string} file */
const importAnew = (file) => {
  const { href } = pathToFileURL(file);
  return import(imported++ === 0 ? href : `${href}?environment=${imported}`);
};

/** Modules are known by their files' real paths. @param {string} taskRoot */
const realPath = (taskRoot) => (existsSync(taskRoot) ? realpathSync(taskRoot) : taskRoot);
/** @param {string} file */
const isOfFunction = (file) => current !== undefined && file.startsWith(current.root + path.sep);

const loader = /** @type {any} */ (Module);
const usual = loader._extensions['.js'];
/** Functions' code, compiled once for all environments. @type {Map<string, vm.Script>} */
const scripts = new Map();

/** @param {string} filename */
const scriptOf = (filename) => {
  const known = scripts.get(filename);
  if (known) return known;
  const script = new vm.Script(Module.wrap(readFileSync(filename, 'utf8')), {
    filename,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  scripts.set(filename, script);
  return script;
};

// On Lambda no package.json stands above a function's folder; here one may, and it must not decide that the function's
// `.js` files are ES modules.
loader._extensions['.js'] = (/** @type {any} */ module, /** @type {string} */ filename) => {
  if (!isOfFunction(filename)) return usual(module, filename);
  const run = scriptOf(filename).runInThisContext();
  return run.call(
    module.exports,
    module.exports,
    Module.createRequire(filename),
    module,
    filename,
    path.dirname(filename),
  );
};

// ---- Execution environments: each has its variables, its modules and its handler, and only one is there at a time.
/** Those used last are kept; loading one again takes some milliseconds. */
const ENVIRONMENTS_KEPT = 12;

/** MB. A thread whose heap has grown beyond is replaced: that costs less than the memory of all threads at once. */
const HEAP_KEPT = 56;

/** @typedef {{ root: string, modules: Record<string, unknown>, handler?: Handler }} Loaded */
/** By id, in the order of their last use. @type {Map<string, Loaded>} */
const environments = new Map();
/** @type {Loaded | undefined} */
let current;

/** Puts away what an environment has loaded, so that the next one loads its own. @param {Loaded} left */
const leave = (left) => {
  for (const [file, module] of Object.entries(loader._cache)) {
    if (!isOfFunction(file)) continue;
    left.modules[file] = module;
    delete loader._cache[file];
  }
};

/** @param {Environment} environment @returns {Loaded} */
const enter = (environment) => {
  const { id, taskRoot, variables } = environment;
  const entered = environments.get(id) ?? { root: realPath(taskRoot), modules: {} };
  environments.delete(id);
  environments.set(id, entered);
  const [oldest] = environments.keys();
  if (environments.size > ENVIRONMENTS_KEPT && oldest !== undefined) environments.delete(oldest);
  settings = environment;
  if (entered === current) return entered;
  if (current) leave(current);
  Object.assign(loader._cache, entered.modules);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, variables);
  current = entered;
  return entered;
};

// ---- Invocations, one at a time.
/** @param {Invocation} invocation */
const contextOf = ({ requestId: awsRequestId, functionArn, timeoutMs, clientContext }) => {
  const end = performance.now() + timeoutMs;
  return {
    awsRequestId,
    callbackWaitsForEmptyEventLoop: true,
    clientContext: clientContext && JSON.parse(clientContext),
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(end - performance.now())),
    identity: undefined,
    invokedFunctionArn: functionArn,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  };
};

/** @param {Handler} run @param {Invocation} invocation @returns {Promise<unknown>} */
const call = (run, invocation) =>
  new Promise((resolve, reject) => {
    /** @param {unknown} error @param {unknown} [result] */
    const callback = (error, result) =>
      error === null || error === undefined ? resolve(result) : reject(error);
    const context = Object.assign(contextOf(invocation), {
      done: callback,
      succeed: resolve,
      fail: reject,
    });
    const answer = run(JSON.parse(invocation.payload), context, callback);
    const isPromise = typeof (/** @type {any} */ (answer)?.then) === 'function';
    if (isPromise) /** @type {Promise<unknown>} */ (answer).then(resolve, reject);
    // A handler that takes no callback and gives no promise has nothing more to say.
    else if (run.length < 3) resolve(answer);
  });

/** @param {unknown} result */
const serialize = (result) => {
  let json;
  try {
    json = JSON.stringify(result) ?? 'null';
  } catch (error) {
    throw runtimeError('Runtime.MarshalError', `Unable to stringify response body: ${error}`);
  }
  if (Buffer.byteLength(json) > RESPONSE_LIMIT) {
    throw runtimeError(
      'Function.ResponseSizeTooLarge',
      `Response payload size exceeded maximum allowed payload size (${RESPONSE_LIMIT} bytes).`,
    );
  }
  return json;
};

port.on('message', async (/** @type {Invocation} */ invocation) => {
  requestId = invocation.requestId;
  const environment = enter(invocation.environment);
  try {
    environment.handler ??= await loadHandler();
  } catch (error) {
    die(errorPayload(error));
    return;
  }
  port.postMessage({ type: 'started', requestId });
  try {
    const payload = serialize(await call(environment.handler, invocation));
    const isLast = v8.getHeapStatistics().total_heap_size > HEAP_KEPT * 2 ** 20;
    port.postMessage({ type: 'result', requestId: invocation.requestId, payload, isLast });
  } catch (error) {
    const payload = errorPayload(error);
    writeLog('ERROR', ['Invoke Error', JSON.stringify(payload)]);
    port.postMessage({ type: 'result', requestId: invocation.requestId, error: payload });
  }
});
