import { setTimeout as pause } from 'node:timers/promises';
import { type Breaker, createBreaker, type Outcome } from '../../activities/guard/breaker.ts';
import { outcomeOf } from '../../activities/guard/outcome.ts';
import { ParkError, RetryableError, TerminalError } from '../../contracts/failures.ts';

const LIMITS = { windowMs: 10_000, minimum: 5, failureRatio: 0.5, openForMs: 80 };
const start = (limits: Partial<typeof LIMITS> = {}) => {
  const seen: string[] = [];
  const breaker = createBreaker({ ...LIMITS, ...limits }, (state) => seen.push(state));
  return { breaker, seen };
};
const admitted = (breaker: Breaker) => {
  const answer = breaker.ask();
  if ('refusedForMs' in answer) throw new Error(`Refused for ${answer.refusedForMs} ms.`);
  return answer;
};
const calls = (breaker: Breaker, ...outcomes: Outcome[]): void => {
  for (const outcome of outcomes) admitted(breaker).report(outcome);
};

describe('a breaker', () => {
  it('judges nothing before it has seen enough calls, and nothing below the ratio', () => {
    const few = start();
    calls(few.breaker, 'failed', 'failed', 'failed', 'failed');
    expect(few.breaker.look()).toEqual({ state: 'closed', openForMs: 0, calls: 4, failures: 4 });
    const good = start();
    calls(good.breaker, 'ok', 'ok', 'ok', 'failed', 'failed', 'ok', 'failed', 'ok', 'unknown');
    expect(good.breaker.look()).toMatchObject({ state: 'closed', calls: 8, failures: 3 });
  });

  it('forgets calls that are older than its window', async () => {
    const { breaker } = start({ windowMs: 60 });
    calls(breaker, 'failed', 'failed', 'failed', 'failed');
    await pause(90);
    calls(breaker, 'failed');
    expect(breaker.look()).toMatchObject({ state: 'closed', calls: 1 });
  });

  it('opens, names the time to the next probe, and lets exactly one of many through then', async () => {
    const { breaker, seen } = start();
    calls(breaker, 'ok', 'ok', 'failed', 'failed', 'failed');
    const refused = breaker.ask() as { refusedForMs: number };
    expect(refused.refusedForMs).toBeGreaterThan(0);
    expect(refused.refusedForMs).toBeLessThanOrEqual(80);
    await pause(refused.refusedForMs + 5);
    const answers = Array.from({ length: 50 }, () => breaker.ask());
    const probes = answers.filter((answer) => 'report' in answer);
    expect(probes).toHaveLength(1);
    expect(breaker.look().state).toBe('half-open');

    probes[0]?.report('failed');
    expect(breaker.look().state).toBe('open');
    expect('refusedForMs' in breaker.ask()).toBe(true);
    await pause(90);
    const second = admitted(breaker);
    expect('refusedForMs' in breaker.ask()).toBe(true);
    second.report('ok');
    expect(breaker.look()).toEqual({ state: 'closed', openForMs: 0, calls: 0, failures: 0 });
    expect(seen).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  });

  it('gives the probe to the next one when its holder makes no call', async () => {
    const { breaker } = start();
    calls(breaker, 'failed', 'failed', 'failed', 'failed', 'failed');
    await pause(90);
    admitted(breaker).report('unknown');
    admitted(breaker).report('ok');
    expect(breaker.look().state).toBe('closed');
  });

  it('does not count a call that began before it changed, nor a second report', async () => {
    const { breaker } = start();
    const old = [admitted(breaker), admitted(breaker)];
    calls(breaker, 'failed', 'failed', 'failed', 'failed', 'failed');
    await pause(90);
    const probe = admitted(breaker);
    old[0]?.report('ok');
    expect(breaker.look().state).toBe('half-open');
    probe.report('ok');
    probe.report('failed');
    old[1]?.report('failed');
    expect(breaker.look()).toMatchObject({ state: 'closed', calls: 0 });
  });
});

describe('what a call says of its Service', () => {
  it.each<[string, unknown, Outcome]>([
    ['a 5xx or a lost connection', new RetryableError('service.unavailable', ''), 'failed'],
    ['a time-out of a foreign client', new DOMException('late', 'TimeoutError'), 'failed'],
    [
      'a lost connection of a foreign client',
      Object.assign(new Error('gone'), { code: 'ECONNRESET' }),
      'failed',
    ],
    ['a 429', new RetryableError('service.throttled', ''), 'ok'],
    ['a 4xx', new ParkError('service.refused', ''), 'ok'],
    ['a business end', new TerminalError('payment.gone', ''), 'ok'],
    ['work that is not done yet', new RetryableError('payment.processing', ''), 'ok'],
    ['a call that we did not send', new RetryableError('effect.too-late-to-send', ''), 'unknown'],
    ['a bug of the plugin', new TypeError('x is undefined'), 'unknown'],
  ])('%s', (_what, error, outcome) => {
    expect(outcomeOf(error)).toBe(outcome);
  });
});
