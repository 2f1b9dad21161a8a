import type { Child } from 'hono/jsx';

/** Rows of a list that are shown at once; the others open on a click. */
export const FIRST = 8;

interface FoldedListProps<Item> {
  readonly items: readonly Item[];
  /** Whether a row is shown at once. @default the first rows are */
  readonly isFirst?: (item: Item, index: number) => boolean;
  /** What rows are, in the plural. */
  readonly name: string;
  /** Class of the list. */
  readonly list: string;
  /** What stands below the folded rows. */
  readonly note?: Child;
  readonly children: (item: Item) => Child;
}

/** The first rows of a list; the others open on a click, without script. */
export const FoldedList = <Item,>({
  items,
  isFirst = (_, index) => index < FIRST,
  name,
  list,
  note,
  children,
}: FoldedListProps<Item>) => {
  const others = items.filter((item, index) => !isFirst(item, index));
  return (
    <>
      <ul class={list}>{items.filter(isFirst).map((item) => children(item) as never)}</ul>
      {others.length > 0 ? (
        <details id={`more-${name.replaceAll(' ', '-')}`}>
          <summary>
            {others.length} more {name}
          </summary>
          <ul class={list}>{others.map((item) => children(item) as never)}</ul>
          {note}
        </details>
      ) : null}
    </>
  );
};
