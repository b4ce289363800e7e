// What a plugin's author must not get past the compiler. `npm run types` checks it: each expected error must be one.
import { servicePlugin, z } from '../../plugins/sdk/index.ts';

const settings = z.strictObject({ url: z.url(), retries: z.int() });
const plugin = { name: 'a', service: 'a', settings } as const;

servicePlugin({
  ...plugin,
  // @ts-expect-error a write must say what is right in doubt
  actions: { 'payment.start': { run: async () => ({ payment: 'x' }) } },
});
servicePlugin({
  ...plugin,
  // @ts-expect-error a write is never a bare function, for the same reason
  actions: { 'enrollment.grant': async () => ({ status: 'created' }) },
});
servicePlugin({
  ...plugin,
  actions: {
    'payment.start': {
      run: async () => ({ payment: 'x' }),
      // @ts-expect-error a length of time names its unit
      onDoubt: { repeatFor: '24' },
    },
  },
});
servicePlugin({
  ...plugin,
  actions: {
    'payment.start': {
      run: async () => ({ payment: 'x' }),
      // @ts-expect-error a look-up answers what the lost answer would have carried
      onDoubt: { lookup: async () => ({ found: { paid: true } }) },
    },
  },
});
servicePlugin({
  ...plugin,
  // @ts-expect-error no such Action: a typing error in a name is found before anything runs
  actions: { 'payment.strat': async () => ({}) },
});
servicePlugin({
  ...plugin,
  // @ts-expect-error 'paid' is no status of the contract
  actions: { 'payment.find': async ({ payment }) => ({ status: 'paid', payment }) },
});
servicePlugin({
  ...plugin,
  actions: {
    // @ts-expect-error a captured payment says how much: the amount is missing
    'payment.find': async ({ payment }) => ({ status: 'captured', payment, service: 'a' }),
  },
});
servicePlugin({
  ...plugin,
  actions: {
    // @ts-expect-error an amount is a number of minor units, never text such as '49.00'
    'payment.find': async ({ payment }) => ({
      ...{ status: 'captured', payment, service: 'a', amount: { amount: '49.00', currency: 'USD' } },
    }),
  },
});
servicePlugin({
  ...plugin,
  actions: {
    'payment.find': async ({ payment }, { settings: mine }) => {
      // @ts-expect-error a setting has the type that its schema gives it
      const url: number = mine.url;
      // @ts-expect-error and only settings of the schema are there
      return { status: 'pending', payment: `${payment}${url}${mine.token}` };
    },
  },
});
servicePlugin({
  ...plugin,
  // @ts-expect-error an Action gets the input of its contract, which has no such field
  actions: { 'payment.find': async ({ paymentId }) => ({ status: 'pending', payment: String(paymentId) }) },
});
servicePlugin({
  ...plugin,
  incoming: {
    hook: {
      verify: () => true,
      // @ts-expect-error a message has the shape that the flow's contract gives it
      read: () => [{ id: '1', to: { flow: 'f' }, message: 'payment.news', data: { intent: 'pi_1' } }],
    },
  },
});
servicePlugin({
  ...plugin,
  incoming: {
    hook: {
      verify: () => true,
      // @ts-expect-error no flow takes such a message
      read: () => [{ id: '1', to: { flow: 'f' }, message: 'payment.gone', data: { payment: 'pi_1' } }],
    },
  },
});
servicePlugin({
  ...plugin,
  incoming: {
    // @ts-expect-error who cannot tell a forged call from a true one may not receive any
    hook: { read: () => [] },
  },
});

// The same, right: so that the errors above are about what they say.
servicePlugin({
  ...plugin,
  actions: {
    'payment.start': {
      run: async () => ({ payment: 'x' }),
      onDoubt: { repeatFor: '24h', lookup: async () => ({ found: { payment: 'x' } }) },
    },
    'payment.find': async ({ payment }) => ({
      status: 'captured',
      payment,
      service: 'a',
      amount: { amount: 4_900, currency: 'USD' },
    }),
  },
  incoming: {
    hook: {
      verify: () => true,
      read: () => [{ id: '1', to: { flow: 'f' }, message: 'payment.news', data: { payment: 'pi_1' } }],
    },
  },
});
