/** Something that serves one task at a time and may end. */
export interface Pooled {
  readonly isAlive: () => boolean;
  readonly stop: () => Promise<void>;
}

/** Keeps what serves warm; makes more when all are busy, up to a limit; queues beyond. */
export interface Pool<Item extends Pooled> {
  /** Rejects with what `task` or starting rejects with. */
  readonly run: <Result>(task: (item: Item) => Promise<Result>) => Promise<Result>;
  /** Lets those that are busy finish their task; nothing new is served. Tasks that wait are served before. */
  readonly retire: () => void;
  /** Ends all at once. */
  readonly stop: () => Promise<void>;
}

/** Idle ones beyond these are stopped. */
const WARM = 2;

/**
 * @param start makes one more
 * @param limit how many there may be at a time
 */
export const createPool = <Item extends Pooled>(start: () => Item, limit: number): Pool<Item> => {
  const all = new Set<Item>();
  const idle: Item[] = [];
  const waiting: (() => void)[] = [];
  let isRetired = false;

  const drop = (item: Item) => {
    all.delete(item);
    void item.stop();
  };
  const take = async (): Promise<Item> => {
    while (true) {
      const item = idle.pop();
      if (item?.isAlive()) return item;
      if (item) drop(item);
      else if (all.size < limit) {
        const started = start();
        all.add(started);
        return started;
      } else await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  const giveBack = (item: Item) => {
    const next = waiting.shift();
    const isSpare = !next && (isRetired || idle.length >= WARM);
    if (!item.isAlive() || isSpare) drop(item);
    else idle.push(item);
    next?.();
  };

  return {
    run: async (task) => {
      const item = await take();
      try {
        return await task(item);
      } finally {
        giveBack(item);
      }
    },
    retire: () => {
      isRetired = true;
      for (const item of idle.splice(0)) drop(item);
    },
    stop: async () => {
      isRetired = true;
      await Promise.all([...all].map((item) => item.stop()));
    },
  };
};
