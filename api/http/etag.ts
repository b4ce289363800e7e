import { createHash } from 'node:crypto';
import type { Request } from 'express';

/** A strong ETag: the row's sequence, for the eye, and a digest of all that is shown. */
export const etagOf = (sequence: number, shown: unknown): string =>
  `"${sequence}-${createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 22)}"`;

/** True when the caller has this very representation. If-None-Match compares weakly (RFC 9110, 13.1.2). */
export const isFresh = (req: Request, etag: string): boolean => {
  const known = req.get('if-none-match');
  if (known === undefined) return false;
  return known.split(',').some((tag) => {
    const trimmed = tag.trim();
    return trimmed === '*' || trimmed.replace(/^W\//, '') === etag;
  });
};
