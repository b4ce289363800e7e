import type { WiredPlugin } from '../../config/wiring.ts';
import type { Entry } from './service.ts';

/** What the guard is told of a call of this plugin. */
export const entryOf = (
  { plugin, limits }: WiredPlugin,
  { abort }: { readonly abort: AbortSignal },
): Entry => ({ service: plugin.service, withinMs: limits.leaseMs, abort });
