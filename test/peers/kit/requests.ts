import { matcher, type Called, type Match } from './match.ts';

export type RequestEntry = Called & {
  readonly seq: number;
  readonly at: string;
  /** `open`: not answered yet; `dropped`: we closed the socket; `gone`: the caller was away when the answer was ready. */
  status: number | 'open' | 'dropped' | 'gone';
  fault?: string;
};

/** Every call that reached the peer, faults included; control routes are left out. */
export type RequestLog = {
  readonly open: (call: Called) => RequestEntry;
  readonly all: () => readonly RequestEntry[];
  readonly matching: (match: Match) => readonly RequestEntry[];
  readonly count: (match?: Match) => number;
  readonly clear: () => void;
};

export const createRequestLog = (): RequestLog => {
  const entries: RequestEntry[] = [];
  const matching = (match: Match) => entries.filter(matcher(match));
  return {
    open: (call) => {
      const entry: RequestEntry = {
        ...call,
        seq: entries.length + 1,
        at: new Date().toISOString(),
        status: 'open',
      };
      entries.push(entry);
      return entry;
    },
    all: () => [...entries],
    matching,
    count: (match = {}) => matching(match).length,
    clear: () => {
      entries.length = 0;
    },
  };
};
