import { createClock, createEndpoint, createHost, openStore } from '@lockstep/aws-emulator';
/** The engine's process in `engine.ts`: Step Functions behind the endpoint, with its journal on disk; ends with its channel. */
import { createStatesService } from '../../infra/local/aws/services/states/states.ts';
import { freePorts } from '../support/ports.ts';

const stateDir = process.argv[2] ?? '';
const store = openStore(stateDir);
const host = createHost({ stateDir, store, clock: createClock(), ports: await freePorts() });
host.register(createStatesService(host));
const endpoint = await createEndpoint(host);
await host.startServices();
process.on('message', () => process.send?.({ cpuMicroseconds: process.cpuUsage() }));
process.on('disconnect', () => process.exit());
process.send?.({ port: endpoint.port });
