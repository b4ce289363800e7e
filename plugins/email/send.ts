import { createHash } from 'node:crypto';
import { type Call, type In, type Out, ParkError, RetryableError } from 'commerce-coordinator/sdk';
import nodemailer from 'nodemailer';
import type { Settings } from './settings.ts';
import { mailOf } from './text.ts';

/** How long each part of the talk with the mail server may take, in milliseconds. */
const LIMITS = { dnsTimeout: 5_000, connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 };

/** The same for every attempt of one step, so that mail programs and people can tell a duplicate. */
const messageIdOf = ({ id, step }: Call<Settings>['flow'], from: string): string => {
  const digest = createHash('sha256').update(`${id}\n${step}`).digest('hex').slice(0, 32);
  return `<${digest}@${from.slice(from.lastIndexOf('@') + 1)}>`;
};

/** Set by nodemailer where the server has spoken: true for a refusal for good, false for "later". */
const isForGood = (error: unknown): boolean =>
  error instanceof Error && 'permanent' in error && error.permanent === true;

const ours = (error: unknown): Error => {
  const said = error instanceof Error ? error.message : String(error);
  if (isForGood(error)) {
    return new ParkError(
      'service.refused',
      `The mail server refused the mail: ${said}. Check the address, and the plugin's credentials.`,
    );
  }
  return new RetryableError('service.unavailable', `The mail server did not take the mail: ${said}`, {
    cause: error,
  });
};

export const sendReceipt = async (
  receipt: In<'receipt.send'>,
  { settings, flow, abort }: Call<Settings>,
): Promise<Out<'receipt.send'>> => {
  // A new connection per mail: there are few, and a kept one would be stale when the next comes.
  const transport = nodemailer.createTransport({
    url: settings.url,
    ...LIMITS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      from: settings.from,
      to: { name: receipt.name, address: receipt.email },
      messageId: messageIdOf(flow, settings.from),
      ...mailOf(receipt),
      signal: abort,
    });
    return {};
  } catch (error) {
    throw ours(error);
  } finally {
    transport.close();
  }
};
