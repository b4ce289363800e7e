import type { ListQuery } from './params.ts';
import { missing } from './problems.ts';

type Listed = { readonly id: string; readonly created: number };

/** One page, newest first, as Stripe's lists. Things made in the same second keep the order in which they were made. */
export const listPage = <Kind extends Listed>(
  all: Iterable<Kind>,
  query: ListQuery,
  { url, filter = () => true }: { readonly url: string; readonly filter?: (item: Kind) => boolean },
) => {
  const { limit, starting_after, ending_before, created } = query;
  const newest = [...all].reverse().filter((item) => filter(item) && isWithin(item.created, created));
  const from = starting_after === undefined ? 0 : position(newest, starting_after) + 1;
  const to = ending_before === undefined ? newest.length : position(newest, ending_before);
  const window = newest.slice(from, to);
  const data = ending_before === undefined ? window.slice(0, limit) : window.slice(-limit);
  return { object: 'list', url, has_more: window.length > limit, data };
};

const isWithin = (
  at: number,
  { gt, gte, lt, lte }: ListQuery['created'] & Record<string, number | undefined>,
) => at > (gt ?? -Infinity) && at >= (gte ?? -Infinity) && at < (lt ?? Infinity) && at <= (lte ?? Infinity);

const position = (items: readonly Listed[], id: string): number => {
  const at = items.findIndex((item) => item.id === id);
  if (at < 0) throw missing('object', id, 'starting_after');
  return at;
};
