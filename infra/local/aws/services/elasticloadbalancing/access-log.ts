/** One request that a load balancer answered. */
export interface AccessLogEntry {
  /** When it came, in ms since the epoch. */
  readonly time: number;
  readonly loadBalancer: string;
  /** Who answered; missing when the load balancer did so itself. */
  readonly instanceId?: string;
  readonly method: string;
  readonly path: string;
  /** HTTP status; 0 when the exchange broke off. */
  readonly status: number;
  readonly userAgent: string;
  readonly traceId: string;
}

/** How many requests are remembered. */
const CAPACITY = 100_000;

/** The newest requests, in memory only. */
export interface AccessLog {
  readonly add: (entry: AccessLogEntry) => void;
  /** In the order in which they ended. */
  readonly entries: () => readonly AccessLogEntry[];
}

/** @param capacity how many entries it holds before the oldest go */
export const createAccessLog = (capacity = CAPACITY): AccessLog => {
  const ring: AccessLogEntry[] = [];
  let oldest = 0;
  return {
    add: (entry) => {
      if (ring.length < capacity) ring.push(entry);
      else {
        ring[oldest] = entry;
        oldest = (oldest + 1) % capacity;
      }
    },
    entries: () => [...ring.slice(oldest), ...ring.slice(0, oldest)],
  };
};
