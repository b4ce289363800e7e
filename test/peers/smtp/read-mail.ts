export type Mail = { readonly messageId: string; readonly subject: string; readonly text: string };

/** Reads what our mails use of MIME: encoded subjects, quoted-printable or base64, the first plain part of a multipart. */
export const readMail = (raw: string): Mail => {
  const { headers, body } = split(raw);
  return {
    messageId: headers.get('message-id') ?? '',
    subject: decodeWords(headers.get('subject') ?? ''),
    text: plainText(headers, body).trimEnd(),
  };
};

type Part = { readonly headers: ReadonlyMap<string, string>; readonly body: string };

const split = (raw: string): Part => {
  const text = raw.replaceAll('\r\n', '\n');
  const end = text.indexOf('\n\n');
  const head = (end < 0 ? text : text.slice(0, end)).replace(/\n[ \t]+/g, ' ');
  const headers = head.split('\n').map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { headers: new Map(headers), body: end < 0 ? '' : text.slice(end + 2) };
};

const plainText = (headers: Part['headers'], body: string): string => {
  const type = headers.get('content-type') ?? 'text/plain';
  const boundary = /boundary="?([^";]+)/i.exec(type)?.[1];
  if (boundary) {
    const parts = body.split(`--${boundary}`).slice(1, -1);
    return (
      parts
        .map((part) => split(part.replace(/^\n/, '')))
        .map((part) => plainText(part.headers, part.body))
        .find(Boolean) ?? ''
    );
  }
  if (!type.startsWith('text/plain')) return '';
  return decodeBody(body, headers.get('content-transfer-encoding')?.toLowerCase());
};

const decodeBody = (body: string, encoding: string | undefined): string => {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  if (encoding === 'quoted-printable') return unquote(body.replace(/=\n/g, ''));
  return body;
};

const unquote = (text: string): string =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    'latin1',
  ).toString();

const decodeWords = (text: string): string =>
  text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?(.*?)\?=/gi, (_, how: string, word: string) =>
      how.toLowerCase() === 'b' ? Buffer.from(word, 'base64').toString() : unquote(word.replaceAll('_', ' ')),
    );
