// What the workflow bundle holds: every flow under its wire name.
export { purchase } from './purchase.ts';
export { signal } from './signal.ts';
