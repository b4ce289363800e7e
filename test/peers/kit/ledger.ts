export type LedgerFact = { readonly kind: string };
export type Entry<Fact> = Fact & { readonly seq: number; readonly at: string };

/** What a Service really did, in order. Only the peer itself adds; tests read it as the truth. */
export type Ledger<Fact extends LedgerFact> = {
  readonly add: (fact: Fact) => void;
  readonly all: () => readonly Entry<Fact>[];
  readonly of: <Kind extends Fact['kind']>(kind: Kind) => readonly Entry<Extract<Fact, { kind: Kind }>>[];
  readonly clear: () => void;
};

export const createLedger = <Fact extends LedgerFact>(): Ledger<Fact> => {
  const entries: Entry<Fact>[] = [];
  return {
    add: (fact) => {
      entries.push(Object.freeze({ ...fact, seq: entries.length + 1, at: new Date().toISOString() }));
    },
    all: () => [...entries],
    of: <Kind extends Fact['kind']>(kind: Kind) =>
      entries.filter((entry): entry is Entry<Extract<Fact, { kind: Kind }>> => entry.kind === kind),
    clear: () => {
      entries.length = 0;
    },
  };
};
