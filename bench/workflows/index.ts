// What the worker under test runs: the real purchase, and a flow of reads only.
export { purchase } from '../../workflows/purchase.ts';
export { reads } from './reads.ts';
