import { startSmtp, type SmtpPeer } from '../../test/peers/smtp/start-smtp.ts';
import type { In } from '../sdk/index.ts';
import { actionOf, type CallOptions, callFor, failureOf } from '../sdk/testing.ts';
import { email } from './plugin.ts';

const JPY = (amount: number) => ({ amount, currency: 'JPY' });
const RECEIPT: In<'receipt.send'> = {
  order: 'CC-100001',
  outcome: 'completed',
  name: 'Ada, Countess of Lovelace',
  email: 'ada@example.com',
  lines: [
    {
      id: '1',
      courseRun: 'course-v1:edX+TokyoX+2026',
      mode: 'verified',
      title: 'Kurs für Größen',
      total: JPY(5_000),
    },
  ],
  total: JPY(5_000),
};

let peer: SmtpPeer;
beforeAll(async () => {
  peer = await startSmtp();
});
afterEach(() => peer.reset());
afterAll(() => peer.stop());

const { run } = actionOf(email, 'receipt.send');
const send = (receipt: In<'receipt.send'> = RECEIPT, options?: CallOptions) =>
  run(receipt, callFor(email, { url: peer.smtpUrl, from: 'shop@learn.example' }, options));
const mails = () => peer.ledger.of('mail-received');

describe('a receipt', () => {
  test('says what was bought, for how much, and under which number', async () => {
    expect(await send()).toEqual({});
    expect(mails()).toHaveLength(1);
    expect(mails()[0]).toMatchObject({
      from: 'shop@learn.example',
      to: ['ada@example.com'],
      subject: 'Your order CC-100001 is complete',
    });
    expect(mails()[0]?.text).toBe(
      [
        'Hello Ada, Countess of Lovelace,',
        '',
        'thank you. You are now enrolled in:',
        '',
        '  Kurs für Größen (verified): 5000 JPY',
        '',
        'Total: 5000 JPY',
        'Order number: CC-100001',
      ].join('\n'),
    );
  });

  test('of a refund says so, and names a course without a title by its key', async () => {
    const { title: _, ...line } = { ...RECEIPT.lines[0]!, total: { amount: 4_905, currency: 'USD' } };
    await send({ ...RECEIPT, outcome: 'refunded', lines: [line], total: line.total });
    expect(mails()[0]).toMatchObject({ subject: 'Your order CC-100001 has been refunded' });
    expect(mails()[0]?.text).toContain(
      'course-v1:edX+TokyoX+2026 (verified): 49.05 USD\n\nRefunded: 49.05 USD',
    );
  });

  test('carries one Message-ID per flow and step, whatever stands in their names', async () => {
    const flow = { id: 'purchase:1', step: 'tell/é (1)/receipt.send' };
    await send(RECEIPT, { flow });
    await send(RECEIPT, { flow, attempt: 2 });
    await send(RECEIPT, { flow: { ...flow, id: 'purchase:2' } });
    const [first, again, other] = mails().map(({ messageId }) => messageId);
    expect(first).toMatch(/^<[0-9a-f]{32}@learn\.example>$/);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test('reads a line break in a name as part of the name, not as a new header', async () => {
    await send({ ...RECEIPT, name: 'Ada\r\nBcc: mallory@example.com' });
    expect(mails()[0]).toMatchObject({ to: ['ada@example.com'] });
  });
});

describe('a mail server', () => {
  const match = { path: '/data' };

  test.each([
    ['drop-before', {}],
    ['drop-after', {}],
    ['reset-after', {}],
    ['status', { status: 451 }],
  ] as const)('that does not take the mail now (%s %j) is asked again', async (kind, more) => {
    const fault = peer.faults.arm({ match, kind, ...more });
    expect(await failureOf(send())).toMatchObject({ name: 'RetryableError', code: 'service.unavailable' });
    expect(fault.observed).toBe(1);
    expect(await send()).toEqual({});
    expect(new Set(mails().map(({ messageId }) => messageId)).size).toBe(1);
  });

  test('that refuses the mail for good is not asked again', async () => {
    const fault = peer.faults.arm({ match, kind: 'status', status: 550 });
    expect(await failureOf(send())).toMatchObject({ name: 'ParkError', code: 'service.refused' });
    expect(fault.observed).toBe(1);
    expect(mails()).toEqual([]);
  });

  test('that is not there is asked again', async () => {
    const nowhere = callFor(email, { url: 'smtp://127.0.0.1:1', from: 'shop@learn.example' });
    expect(await failureOf(run(RECEIPT, nowhere))).toMatchObject({ code: 'service.unavailable' });
  });
});
