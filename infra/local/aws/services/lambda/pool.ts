/** Something that serves one task at a time and may end. */
export interface Pooled {
  readonly isAlive: () => boolean;
  readonly stop: () => Promise<void>;
}

/** What serves alike: any item of a kind can take any task of the kind. */
export interface Kind<Item extends Pooled> {
  readonly key: string;
  /** How many of this kind there may be at a time. */
  readonly limit: number;
  /** Whether an item would serve the task sooner than the others. @default all are equal */
  readonly suits?: (item: Item) => boolean;
  /** Whether the task is served at once although all are busy: who asks has an item that is busy until it is served. @default it waits */
  readonly isUrgent?: boolean;
  /** Makes one more. */
  readonly start: () => Item;
}

/**
 * Keeps what serves warm. Makes more when all of a kind are busy, up to the kind's limit and the whole pool's; tasks
 * beyond wait in order, unless they are urgent: those exceed the limits until they are served. At the whole pool's limit, the
 * item that has been idle for longest makes room for another kind.
 */
interface Pool<Item extends Pooled> {
  /** Rejects with what `task` or starting rejects with. */
  readonly run: <Result>(kind: Kind<Item>, task: (item: Item) => Promise<Result>) => Promise<Result>;
  /** Lets those of a kind that are busy finish their task; what runs from now on gets new ones. */
  readonly retire: (key: string) => void;
  /** Ends all at once. */
  readonly stop: () => Promise<void>;
}

interface Member<Item> {
  readonly key: string;
  /** Of its kind. */
  readonly limit: number;
  readonly item: Item;
  isRetired: boolean;
}

interface Waiting<Item extends Pooled> {
  readonly kind: Kind<Item>;
  readonly serve: (member: Member<Item>) => void;
  readonly fail: (error: unknown) => void;
}

/** @param limit how many there may be at a time, of all kinds */
export const createPool = <Item extends Pooled>(limit: number): Pool<Item> => {
  const all = new Set<Member<Item>>();
  /** Idle for longest first. */
  const idle: Member<Item>[] = [];
  const waiting: Waiting<Item>[] = [];

  const drop = (member: Member<Item>) => {
    all.delete(member);
    void member.item.stop();
  };
  const removeIdle = (index: number) => (index === -1 ? undefined : idle.splice(index, 1)[0]);
  const sizeOf = (key: string) => [...all].filter((member) => member.key === key && !member.isRetired).length;

  /** The item to serve this kind now: of those that suit, or else of all, the one used last; or a new one. */
  const take = (kind: Kind<Item>): Member<Item> | undefined => {
    const warm =
      removeIdle(idle.findLastIndex(({ key, item }) => key === kind.key && kind.suits?.(item))) ??
      removeIdle(idle.findLastIndex(({ key }) => key === kind.key));
    if (warm?.item.isAlive()) return warm;
    if (warm) {
      drop(warm);
      return take(kind);
    }
    if (sizeOf(kind.key) >= kind.limit && !kind.isUrgent) return undefined;
    if (all.size >= limit) {
      const oldest = idle.shift();
      if (oldest) drop(oldest);
      else if (!kind.isUrgent) return undefined;
    }
    const { key, limit: ofKind } = kind;
    const member = { key, limit: ofKind, item: kind.start(), isRetired: false };
    all.add(member);
    return member;
  };

  const serveWaiting = () => {
    for (const next of [...waiting]) {
      try {
        const member = take(next.kind);
        if (!member) continue;
        next.serve(member);
      } catch (error) {
        next.fail(error);
      }
      waiting.splice(waiting.indexOf(next), 1);
    }
  };

  const giveBack = (member: Member<Item>) => {
    const isTooMuch = all.size > limit || sizeOf(member.key) > member.limit;
    if (member.isRetired || isTooMuch || !member.item.isAlive()) drop(member);
    else idle.push(member);
    serveWaiting();
  };

  return {
    run: async (kind, task) => {
      const member =
        take(kind) ??
        (await new Promise<Member<Item>>((serve, fail) => {
          waiting.push({ kind, serve, fail });
        }));
      try {
        return await task(member.item);
      } finally {
        giveBack(member);
      }
    },
    retire: (key) => {
      for (const member of all) if (member.key === key) member.isRetired = true;
      for (const member of idle.filter(({ isRetired }) => isRetired)) {
        idle.splice(idle.indexOf(member), 1);
        drop(member);
      }
    },
    stop: async () => {
      waiting.length = 0;
      await Promise.all([...all].map(({ item }) => item.stop()));
    },
  };
};
