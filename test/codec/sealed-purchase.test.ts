import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { createPayloadCodec } from '../../config/codec.ts';
import { parseKeyRing } from '../../config/codec/key-ring.ts';
import { findTemporal } from '../../tools/servers/temporal-program.ts';
import { CALLED_OFF, sold } from '../harness/ledgers.ts';
import { type Begun, openShop, type Shop } from '../harness/shop.ts';
import { decodedText, historyOf, labelsOf, payloadsIn, textIn } from './raw-history.ts';

const address = process.env['CC_TEST_TEMPORAL'] ?? '';
const newKey = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const [one, two, three] = [newKey('k1'), newKey('k2'), newKey('k3')];
/** What the LMS says when it fails: an Action's error quotes it. */
const SAID = 'the-lms-said-something-about-the-learner';
const ADA = '1001';
const PERSONAL = ['Ada Lovelace', 'ada@example.com', 'Demonstration Course', SAID];

let shop: Shop;
let connection: Connection;
let raw: Client;
beforeAll(async () => {
  // Two restarts fit into the time to pay.
  shop = await openShop({ policy: { payWithin: '2m' } });
  await shop.coordinator.restartWithKeys(one);
  connection = await Connection.connect({ address });
  // As anybody sees it who can read Temporal's database, or its UI.
  raw = new Client({ connection });
}, 180_000);
afterAll(async () => {
  await connection?.close();
  await shop?.[Symbol.asyncDispose]();
});
afterEach(() => shop.peers.lms.faults.clear());

const ringed = (...keys: string[]) => createPayloadCodec(parseKeyRing(keys.join(',')));
const keyIdsOf = async (id: string) =>
  labelsOf(payloadsIn(await historyOf(raw, id)), 'encryption-key-id').filter((name) => name !== '');
const operator = { learner: '42', roles: ['operator'] } as const;
/** What the CLI says, with the contents of payloads in readable form. */
const temporal = async (...args: string[]): Promise<string> => {
  const { stdout, stderr } = spawnSync(await findTemporal(), [...args, '--address', address], {
    encoding: 'utf8',
  });
  const readable = (_: string, data: string) => Buffer.from(data, 'base64').toString();
  return stdout.replaceAll(/"data": "([^"]+)"/g, readable) + stderr;
};

describe('a purchase that parks and heals, with the codec on,', () => {
  let bought: Begun;
  let currentDetails: unknown;
  beforeAll(async () => {
    shop.peers.lms.faults.arm({
      match: { method: 'POST', path: '/api/enrollment/' },
      ...{ kind: 'status', status: 400, body: { message: SAID }, times: 'always' },
    });
    bought = await shop.begin({ learner: ADA });
    await shop.pay(bought.answer);
    await shop.until(bought, ['needs-attention']);
    currentDetails = await raw.workflow
      .getHandle(bought.id)
      .query('__temporal_workflow_metadata')
      .catch((error: unknown) => error);
    shop.peers.lms.faults.clear();
    expect(await shop.ending(bought)).toBe('completed');
  }, 90_000);

  it('is sold once', async () => {
    expect(shop.ledgers(bought)).toEqual(sold());
    expect(await shop.violations()).toEqual([]);
  });

  it('leaves nothing personal in Temporal that can be read without the key', async () => {
    const history = await historyOf(raw, bought.id);
    const known = await decodedText(history, ringed(one));
    const seen = textIn(history);
    // It is there, so that the search below means something.
    for (const text of [...PERSONAL, 'course-v1:edX+DemoX+2026', `"${ADA}"`]) {
      expect([text, known.includes(text)]).toEqual([text, true]);
      expect([text, seen.includes(text)]).toEqual([text, false]);
    }
    const token = await shop.coordinator.token({ userId: ADA });
    const { clientSecret } = bought.answer.body as { clientSecret?: string };
    for (const secret of [token, clientSecret, shop.peers.env['STRIPE_SECRET_KEY']])
      expect([secret, `${seen}\n${known}`.includes(String(secret))]).toEqual([expect.any(String), false]);
    expect(seen).toContain('Encoded failure');
    expect(seen).not.toMatch(/\.ts:\d+/);
  });

  it('keeps in plain only search attributes and what the SDK notes for itself', async () => {
    const history = await historyOf(raw, bought.id);
    const plain = payloadsIn(history).filter(({ metadata }) => !metadata?.['encryption-key-id']);
    const texts = [...new Set(plain.map(({ data }) => Buffer.from(data ?? []).toString()))];
    const isKnown = (text: string) =>
      /^"(started|paying|paid|fulfilling|needs-attention|completed|lms)"$/.test(text) ||
      text === `"${bought.order}"` ||
      // A search attribute that was unset.
      text === 'null' ||
      /^\{.*"activity_type":"\w+".*\}$/.test(text);
    expect(texts.filter((text) => !isKnown(text))).toEqual([]);
    expect(bought.id).toMatch(/^purchase:[\da-f-]{36}$/);
    const { searchAttributes, raw: described } = await raw.workflow.getHandle(bought.id).describe();
    expect(
      Object.keys(searchAttributes)
        .filter((name) => name.startsWith('Commerce'))
        .toSorted(),
    ).toEqual(['CommerceOrder', 'CommerceService', 'CommerceStatus']);
    // Summaries too.
    for (const text of [...PERSONAL, 'course-v1:']) expect(textIn(described)).not.toContain(text);
    expect(payloadsIn(described.executionConfig).length).toBeGreaterThan(0);
    // A client without keys cannot read the details of a running flow.
    expect(String(currentDetails)).toMatch(/Unknown encoding: binary\/encrypted/);
  });

  it('is readable for an operator through the codec route, by the API and by the CLI', async () => {
    const [first] = payloadsIn(await historyOf(raw, bought.id));
    const body = {
      payloads: [
        {
          metadata: Object.fromEntries(
            Object.entries(first?.metadata ?? {}).map(([name, value]) => [
              name,
              Buffer.from(value).toString('base64'),
            ]),
          ),
          data: Buffer.from(first?.data ?? []).toString('base64'),
        },
      ],
    };
    expect((await shop.call('POST', '/v1/ops/codec/decode', { ...operator, body })).status).toBe(200);
    expect((await shop.call('POST', '/v1/ops/codec/decode', { learner: ADA, body })).status).toBe(403);
    const show = async (roles: 'operator' | 'learner') =>
      temporal(
        ...['workflow', 'show', '--workflow-id', bought.id, '--output', 'json'],
        ...['--codec-endpoint', `${shop.coordinator.url}/v1/ops/codec`],
        ...['--codec-auth', `Bearer ${await shop.coordinator.token({ userId: '42', roles: [roles] })}`],
      );
    const shown = await show('operator');
    expect([shown.includes('ada@example.com'), shown.includes(SAID)]).toEqual([true, true]);
    expect(await show('learner')).not.toContain('ada@example.com');
    const log = shop.coordinator.api.log.filter((line) => line.includes('payloads decoded'));
    expect(log.length).toBeGreaterThan(0);
    expect(log.every((line) => line.includes('"actor":"user-42"') && !line.includes('ada@'))).toBe(true);
  });
});

it('a purchase that the learner gives up ends early, encrypted too', async () => {
  const bought = await shop.begin();
  await shop.say(bought, 'purchase.cancel');
  expect(await shop.ending(bought)).toBe('canceled');
  expect(shop.ledgers(bought)).toEqual(CALLED_OFF);
  const seen = textIn(await historyOf(raw, bought.id));
  for (const text of ['@example.com', 'Demonstration Course', 'canceled-by-learner'])
    expect(seen).not.toContain(text);
});

it('keys can be rotated while a purchase waits; without the old one it stands still and says why', async () => {
  const { coordinator } = shop;
  const bought = await shop.begin();
  expect(await keyIdsOf(bought.id)).toEqual(['k1']);

  await coordinator.restartWithKeys(three);
  await shop.pay(bought.answer);
  await shop.say(bought, 'payment.returned');
  const clear =
    "encrypted with key 'k1', which PAYLOAD_KEYS does not hold (it holds k3). Add 'k1:<its base64>'";
  const isSaid = () => coordinator.workers.some(({ log }) => log.some((line) => line.includes(clear)));
  for (let tries = 0; !isSaid() && tries < 200; tries++) await pause(100);
  expect(isSaid()).toBe(true);
  expect(shop.ledgers(bought).captures).toEqual([]);

  await coordinator.restartWithKeys(`${two},${one},${three}`);
  expect(await shop.ending(bought)).toBe('completed');
  expect(shop.ledgers(bought)).toEqual(sold());
  expect(await keyIdsOf(bought.id)).toEqual(expect.arrayContaining(['k1', 'k2']));
  expect(await shop.violations()).toEqual([]);
  const history = await historyOf(raw, bought.id);
  expect(await decodedText(history, ringed(two, one, three))).toContain('@example.com');
}, 150_000);
