import { ok, Refusal } from './answer.ts';
import { FaultBody, type ArmedFault, type Faults } from './faults.ts';
import type { RequestLog } from './requests.ts';
import type { Handler } from './http.ts';

type Controlled = {
  readonly ledger: { readonly all: () => readonly unknown[] };
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly reset: () => void;
};

/** What a test can do to any peer, over HTTP, for a peer that runs in a process of its own. */
export const addControls = (
  control: (route: string, handler: Handler) => void,
  { ledger, faults, requests, reset }: Controlled,
): void => {
  const named = (id: string | undefined) => {
    const fault = faults.find(id ?? '');
    if (!fault) throw new Refusal({ status: 404, body: { message: `No fault '${id}' is known.` } });
    return fault;
  };
  control('GET /_peer/ledger', () => ok(ledger.all()));
  control('GET /_peer/requests', () => ok(requests.all()));
  control('GET /_peer/faults', () => ok({ observed: faults.observed(), faults: faults.all().map(view) }));
  control('POST /_peer/faults', ({ body }) => ({
    status: 201,
    body: view(faults.arm(FaultBody.parse(body))),
  }));
  control('DELETE /_peer/faults', () => {
    faults.clear();
    return ok({ observed: faults.observed() });
  });
  control('GET /_peer/faults/:id/reached', async ({ params }) => {
    const fault = named(params['id']);
    await Promise.race([fault.reached, fault.released]);
    return ok(view(fault));
  });
  control('POST /_peer/faults/:id/release', ({ params }) => {
    const fault = named(params['id']);
    fault.release();
    return ok(view(fault));
  });
  control('POST /_peer/reset', () => {
    reset();
    return ok({});
  });
};

const view = ({ id, spec, observed }: ArmedFault) => ({ id, ...spec, observed });
