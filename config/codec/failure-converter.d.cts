import type { FailureConverter } from '@temporalio/common';

export declare const failureConverter: FailureConverter;
/** Of this very file, as Temporal's options want it. */
export declare const failureConverterPath: string;
