import { PortInUseError, type Ports } from '@lockstep/aws-emulator';
import { portsFrom } from '../../infra/local/run/ports.ts';

/**
 * Below the ports that Linux and macOS hand out by themselves (from 32768 and 49152): nothing that listens on "any port", and
 * no outgoing connection, takes one between the look and the use.
 */
const lowest = 10_800;
const rows = 3_000;
const portsInRow = 7;

/**
 * A worker of Jest keeps to rows of its own: an application takes its port only when it is deployed, so that a row that is in use
 * can look free.
 */
const workers = 8;
const rowsOfWorker = rows / workers;
const firstRow = rowsOfWorker * ((Number(process.env.JEST_WORKER_ID ?? 1) - 1) % workers);

/**
 * Seven free ports in a row, as `--port` takes them and a run beside others needs them.
 * @throws PortInUseError if none is found in 20 tries
 */
export const freePorts = async (): Promise<Ports> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await portsFrom(lowest + portsInRow * (firstRow + Math.floor(Math.random() * rowsOfWorker)), 0);
    } catch (error) {
      if (!(error instanceof PortInUseError) || tries === 20) throw error;
    }
  }
};
