import { formatMoney, type In } from 'commerce-coordinator/sdk';

type Receipt = In<'receipt.send'>;

const SUBJECT = {
  completed: (order: string) => `Your order ${order} is complete`,
  refunded: (order: string) => `Your order ${order} has been refunded`,
} as const satisfies Record<Receipt['outcome'], (order: string) => string>;

const OPENING = {
  completed: 'thank you. You are now enrolled in:',
  refunded: 'we have refunded your order. This is what it was for:',
} as const satisfies Record<Receipt['outcome'], string>;

/** The mail as the learner reads it. */
export const mailOf = ({
  order,
  outcome,
  name,
  lines,
  total,
}: Receipt): { readonly subject: string; readonly text: string } => ({
  subject: SUBJECT[outcome](order),
  text: [
    `Hello ${name},`,
    '',
    OPENING[outcome],
    '',
    ...lines.map((line) => `  ${line.title ?? line.courseRun} (${line.mode}): ${formatMoney(line.total)}`),
    '',
    `${outcome === 'completed' ? 'Total' : 'Refunded'}: ${formatMoney(total)}`,
    `Order number: ${order}`,
    '',
  ].join('\n'),
});
