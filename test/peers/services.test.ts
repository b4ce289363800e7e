import { createTransport } from 'nodemailer';
import { startPeers, type Peers } from './all.ts';
import { issueToken } from './kit/token.ts';

const demo = 'course-v1:edX+DemoX+2026';
/** However it is worded by the client. */
const noAnswer = /closed|ECONNRESET|hang up/i;
let peers: Peers;
beforeAll(async () => {
  peers = await startPeers();
});
afterAll(() => peers.stop());
beforeEach(() => peers.reset());

type Asked = { readonly headers?: Record<string, string>; readonly body?: object };
const call = async (route: string, { headers, body }: Asked = {}) => {
  const [method = '', url = ''] = route.split(' ');
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as unknown };
};

describe('discovery', () => {
  it('prices a course run in decimal text, and follows a change of price', async () => {
    const url = `${peers.discovery.url}/api/v1/course_runs/${encodeURIComponent(demo)}/`;
    const headers = { authorization: `JWT ${issueToken(60)}` };
    const seats = async () => (await call(`GET ${url}`, { headers })).body;
    expect(await seats()).toMatchObject({
      key: demo,
      seats: [{ type: 'audit' }, { type: 'verified', price: '49.00', currency: 'USD' }],
    });
    peers.discovery.setPrice({ course: demo, mode: 'verified', price: '59.00' });
    expect(await seats()).toMatchObject({ seats: [{}, { price: '59.00' }] });
    expect((await call(`GET ${url}`)).status).toBe(401);
    expect((await call(`GET ${peers.discovery.url}/api/v1/course_runs/none/`, { headers })).status).toBe(404);
  });
});

describe('the sanctions screening', () => {
  it('clears, hits, or waits for a person, once per reference', async () => {
    const screen = (reference: string, name: string, key = peers.env['SANCTIONS_API_KEY'] ?? '') =>
      call(`PUT ${peers.sanctions.url}/v1/screenings/${reference}`, {
        headers: { 'x-api-key': key },
        body: { name, country: 'US' },
      });
    expect((await screen('p1', 'Ada Lovelace')).body).toEqual({ reference: 'p1', status: 'clear' });
    expect((await screen('p2', 'mallory listed')).body).toMatchObject({ status: 'hit' });
    expect((await screen('p3', 'Robin Doubt')).body).toMatchObject({ status: 'review' });
    peers.sanctions.decide('p3', 'clear');
    expect((await screen('p3', 'Robin Doubt')).body).toMatchObject({ status: 'clear' });
    expect((await screen('p3', 'Ada Lovelace', 'wrong')).status).toBe(401);
    expect(peers.sanctions.ledger.all().map(({ kind }) => kind)).toEqual([
      'screened',
      'screened',
      'screened',
      'decided',
    ]);
  });
});

describe('the order system', () => {
  const headers = { authorization: 'Bearer orders-peer-token' };
  const orders = (route: string, body?: object) => {
    const [method, path] = route.split(' ');
    return call(`${method} ${peers.orders.url}/v1/orders${path}`, { headers, ...(body && { body }) });
  };
  const open = async () =>
    (
      await orders('POST ', {
        reference: 'purchase-1',
        customer: '1001',
        currency: 'USD',
        lines: [{ id: '1', product: demo, mode: 'verified', total: 4900 }],
        total: 4900,
      })
    ).body as { number: string };
  const record = {
    state: 'completed',
    payment: { processor: 'stripe', reference: 'pi_1', amount: 4900, currency: 'USD' },
    lines: [{ id: '1', state: 'granted' }],
  };

  it('opens twice what it is asked twice, and finds both by their reference, sometimes late', async () => {
    const [first, second] = [await open(), await open()];
    expect(second.number).not.toBe(first.number);
    const lag = peers.orders.lagLookups(1);
    expect((await orders('GET ?reference=purchase-1')).body).toEqual({ results: [] });
    expect((await orders('GET ?reference=purchase-1')).body).toMatchObject({
      results: [{ number: second.number }, { number: first.number }],
    });
    expect(lag.observed).toBe(1);
    expect(peers.orders.ledger.of('order-opened')).toHaveLength(2);
  });

  it('records a state once, takes the same again, and refuses another', async () => {
    const { number } = await open();
    expect((await orders(`POST /${number}/record`, record)).body).toMatchObject({
      state: 'completed',
      version: 2,
      lines: [{ state: 'granted' }],
    });
    expect((await orders(`POST /${number}/record`, record)).body).toMatchObject({ version: 2 });
    expect((await orders(`POST /${number}/record`, { ...record, lines: [] })).status).toBe(409);
    expect((await orders(`POST /${number}/cancel`)).status).toBe(409);
    const refunded = { state: 'refunded', lines: [{ id: '1', state: 'refunded' }] };
    expect((await orders(`POST /${number}/record`, refunded)).body).toMatchObject({ state: 'refunded' });
    expect(peers.orders.ledger.of('order-recorded')).toHaveLength(2);
  });

  it('cancels as often as it is asked, in effect once', async () => {
    const { number } = await open();
    await orders(`POST /${number}/cancel`);
    expect((await orders(`POST /${number}/cancel`)).body).toMatchObject({ state: 'canceled', version: 2 });
    expect((await orders(`POST /${number}/record`, record)).status).toBe(409);
    expect(peers.orders.ledger.of('order-canceled')).toHaveLength(1);
    expect((await orders('GET /CC-0')).status).toBe(404);
  });
});

describe('the mail server', () => {
  const send = () =>
    createTransport({ url: peers.env['SMTP_URL'] ?? '' }).sendMail({
      from: 'shop@example.com',
      to: 'ada@example.com',
      subject: 'Dein Kurs – bezahlt',
      text: 'Grüße, Ada!\nOrder CC-100001 is complete; this line is long enough to be broken by quoted-printable, äöü.',
      html: '<p>Grüße</p>',
    });

  it('keeps what it received, readable', async () => {
    const { messageId } = await send();
    expect(peers.smtp.ledger.all()).toMatchObject([
      {
        messageId,
        from: 'shop@example.com',
        to: ['ada@example.com'],
        subject: 'Dein Kurs – bezahlt',
        text: expect.stringMatching(/^Grüße, Ada!\nOrder CC-100001 .* äöü\.$/),
      },
    ]);
  });

  it('refuses for now or for good, and loses its answer after the mail was taken', async () => {
    const faults = [
      peers.smtp.faults.arm({ match: { path: '/data' }, kind: 'status', status: 451 }),
      peers.smtp.faults.arm({ match: { path: '/data' }, kind: 'status', status: 550 }),
      peers.smtp.faults.arm({ match: { path: '/data' }, kind: 'drop-after' }),
      peers.smtp.faults.arm({ match: { path: '/data' }, kind: 'reset-after' }),
      peers.smtp.faults.arm({ match: { path: '/data' }, kind: 'drop-before' }),
    ];
    await expect(send()).rejects.toMatchObject({ responseCode: 451 });
    await expect(send()).rejects.toMatchObject({ responseCode: 550 });
    expect(peers.smtp.ledger.all()).toHaveLength(0);
    await expect(send()).rejects.toThrow(noAnswer);
    await expect(send()).rejects.toThrow(noAnswer);
    await expect(send()).rejects.toThrow(noAnswer);
    expect(peers.smtp.ledger.all()).toHaveLength(2);
    expect(faults.map(({ observed }) => observed)).toEqual([1, 1, 1, 1, 1]);
    expect(peers.observed()).toMatchObject({ 'smtp status': 2, 'smtp drop-after': 1 });
  });
});
