import { addMoney, type Call, type Out } from 'commerce-coordinator/sdk';
import { courseRunOf, isOnSale, priceOf } from './course-run.ts';
import type { Settings } from './settings.ts';

type Line = Extract<Out<'catalog.quote'>, { status: 'quoted' }>['quote']['lines'][number];
interface Item {
  readonly courseRun: string;
  readonly mode: string;
}
type Refused = Extract<Out<'catalog.quote'>, { status: 'refused' }>;

const refused = (reason: string): Refused => ({ status: 'refused', reason });

const lineOf = async (
  { courseRun, mode, id }: Item & { readonly id: string },
  call: Call<Settings>,
): Promise<Line | Refused> => {
  const run = await courseRunOf(courseRun, call);
  if (!run) return refused('unknown-course');
  if (run.status !== 'published') return refused('not-published');
  const seat = run.seats.find(({ type }) => type === mode);
  if (!seat) return refused('no-such-seat');
  if (!isOnSale(run, seat)) return refused('enrollment-closed');
  return { id, courseRun, mode, ...(run.title && { title: run.title }), total: priceOf(seat, courseRun) };
};

const isRefused = (line: Line | Refused): line is Refused => 'status' in line;

export const quotePurchase = async (
  { learner, items }: { learner: string; items: readonly Item[] },
  call: Call<Settings>,
): Promise<Out<'catalog.quote'>> => {
  const found = await Promise.all(
    items.map((item, index) => lineOf({ ...item, id: String(index + 1) }, call)),
  );
  const refusal = found.find(isRefused);
  if (refusal) return refusal;
  const lines = found.flatMap((line) => (isRefused(line) ? [] : [line]));
  const [currency, ...others] = new Set(lines.map(({ total }) => total.currency));
  if (!currency || others.length > 0) return refused('several-currencies');
  const total = addMoney(
    lines.map((line) => line.total),
    currency,
  );
  return { status: 'quoted', quote: { learner, lines, total } };
};
