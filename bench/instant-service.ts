import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// Every Service of a purchase in one process that answers at once: what remains of a flow's time is not theirs.

type Fields = Readonly<Record<string, unknown>>;
const amount = { amount: 4_900, currency: 'USD' };
const LINE = { id: '1', courseRun: 'course-v1:edX+BenchX+2026', mode: 'verified', total: amount };
const paid = (status: string, { payment }: Fields) => ({ status, payment, service: 'stripe', amount });

/** By the names of the Actions. Without memory: each answer follows from its question. */
const ANSWERS: Readonly<Record<string, (asked: Fields) => object>> = {
  'catalog.quote': ({ learner }) => ({ status: 'quoted', quote: { learner, lines: [LINE], total: amount } }),
  'enrollment.check': () => ({ status: 'possible' }),
  'enrollment.grant': () => ({ status: 'created' }),
  'enrollment.revoke': () => ({ status: 'revoked' }),
  'learner.read': ({ learner }) => ({
    username: `user-${String(learner)}`,
    name: 'Bench Learner',
    email: 'learner@example.com',
    country: 'US',
  }),
  'sanctions.screen': () => ({ status: 'clear' }),
  'order.open': ({ purchase }) => ({ order: `O-${String(purchase)}` }),
  'payment.start': ({ order }) => ({ payment: `pay_${String(order)}` }),
  'payment.find': (asked) => paid('authorized', asked),
  'payment.capture': (asked) => paid('captured', asked),
  'payment.secret': () => ({ clientSecret: 'bench', publishableKey: 'bench' }),
};

const server = createServer((request, response) => {
  const body: Buffer[] = [];
  request.on('data', (chunk: Buffer) => void body.push(chunk));
  request.on('end', () => {
    const answer = ANSWERS[(request.url ?? '').slice(1)] ?? (() => ({}));
    const text = JSON.stringify(answer(JSON.parse(Buffer.concat(body).toString() || '{}') as Fields));
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  });
});
server.keepAliveTimeout = 300_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ msg: 'service ready', url: `http://127.0.0.1:${port}` })}\n`);
});
process.on('SIGTERM', () => process.exit(0));
