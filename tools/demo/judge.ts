import { isDeepStrictEqual } from 'node:util';
import type { Ledgers } from '../../test/harness/ledgers.ts';

/** A purchase that was made, and what the Services hold of it. */
export interface Made {
  readonly title: string;
  readonly order: string;
  readonly status: string;
  readonly endsAs: string;
  readonly currency: string;
  readonly holds: Ledgers;
  readonly leaves: Ledgers;
  /** The fault that was arranged, and how often it happened. */
  readonly fault: { readonly planned: number; readonly observed: number } | undefined;
}

/** Everything that is not as it must be, one sentence each. */
export const judge = (made: readonly Made[], violations: readonly unknown[]): readonly string[] => [
  ...made.flatMap(({ order, status, endsAs, holds, leaves, fault }) => [
    ...(status === endsAs ? [] : [`Order ${order} ended as '${status}' instead of '${endsAs}'.`]),
    ...(isDeepStrictEqual(holds, leaves)
      ? []
      : [
          `The Services hold for order ${order}: ${JSON.stringify(holds)}; it must be: ${JSON.stringify(leaves)}.`,
        ]),
    ...(fault && fault.observed !== fault.planned
      ? [`The fault of order ${order} happened ${fault.observed} times instead of ${fault.planned}.`]
      : []),
  ]),
  ...violations.map((violation) => `Violation: ${JSON.stringify(violation)}`),
];

const movements = (amounts: readonly number[], currency: string): string =>
  amounts.length === 0
    ? '0'
    : `${amounts.length} (${amounts.map((amount) => (amount / 100).toFixed(2)).join(', ')} ${currency})`;

const count = (items: readonly string[], item: string): number => items.filter((one) => one === item).length;

/** What the Services hold, as a table for people. */
export const ledgerTable = (made: readonly Made[]): readonly string[] =>
  table([
    ['', 'order', 'ended as', 'captures', 'refunds', 'enrollments', 'mails'],
    ...made.map(({ order, status, currency, holds }, index) => [
      String(index + 1),
      order,
      status,
      movements(holds.captures, currency),
      movements(holds.refunds, currency),
      String(count(holds.enrollments, 'enrolled') - count(holds.enrollments, 'unenrolled')),
      String(holds.mails.length),
    ]),
  ]);

const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
};
