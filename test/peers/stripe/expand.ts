import type { Charge, Intent, Refund } from './objects.ts';
import { invalid } from './problems.ts';
import type { Store } from './store.ts';

const expandable = ['latest_charge', 'payment_intent', 'charge'];

/** Puts the whole object where the API shows an id, for the fields that are asked for. */
export const expanded = (
  { intents, charges }: Store,
  object: Intent | Charge | Refund,
  fields: readonly string[] = [],
): object => {
  const shown = new Map<string, unknown>(Object.entries(object));
  for (const field of fields) {
    const id = shown.get(field);
    if (!expandable.includes(field) || id === undefined)
      throw invalid('parameter_invalid', `This property cannot be expanded (${field}).`, 'expand');
    if (typeof id === 'string') shown.set(field, intents.get(id) ?? charges.get(id) ?? id);
  }
  return Object.fromEntries(shown);
};
