import { type ActionName, type Call, type In, type Out, servicePlugin, z } from 'commerce-coordinator/sdk';

// One plugin per Service that a purchase calls, as in production: so each has a queue, pollers and facts of its own.
// Behind all of them is the one Service that answers at once.

const Settings = z.strictObject({ url: z.url() });
type Settings = z.output<typeof Settings>;

/** Asks by the Action's name. The host checks the answer by the Action's contract. */
const ask =
  <N extends ActionName>(action: N) =>
  async (input: In<N>, { settings, http }: Call<Settings>): Promise<Out<N>> =>
    (await http.json(z.looseObject({}), {
      method: 'POST',
      url: `${settings.url}/${action}`,
      body: input,
    })) as Out<N>;

const write = <N extends ActionName>(action: N) => ({
  run: ask(action),
  onDoubt: { repeatFor: '1h' } as const,
});

export const discovery = servicePlugin({
  name: 'discovery',
  service: 'discovery',
  settings: Settings,
  actions: { 'catalog.quote': ask('catalog.quote') },
});

export const lms = servicePlugin({
  name: 'lms',
  service: 'lms',
  settings: Settings,
  actions: {
    'learner.read': ask('learner.read'),
    'enrollment.check': ask('enrollment.check'),
    'enrollment.grant': write('enrollment.grant'),
    'enrollment.revoke': write('enrollment.revoke'),
  },
});

export const sanctions = servicePlugin({
  name: 'sanctions',
  service: 'sanctions',
  settings: Settings,
  actions: { 'sanctions.screen': ask('sanctions.screen') },
});

export const orders = servicePlugin({
  name: 'orders',
  service: 'orders',
  settings: Settings,
  actions: {
    'order.open': write('order.open'),
    'order.cancel': write('order.cancel'),
    'order.record': write('order.record'),
  },
});

export const stripe = servicePlugin({
  name: 'stripe',
  service: 'stripe',
  settings: Settings,
  actions: {
    'payment.start': write('payment.start'),
    'payment.find': ask('payment.find'),
    'payment.secret': ask('payment.secret'),
    'payment.capture': write('payment.capture'),
    'payment.cancel': write('payment.cancel'),
    'payment.refund': write('payment.refund'),
  },
});

export const email = servicePlugin({
  name: 'email',
  service: 'email',
  settings: Settings,
  actions: { 'receipt.send': ask('receipt.send') },
});
