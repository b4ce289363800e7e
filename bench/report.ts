/** One figure with its target. */
export interface Figure {
  readonly name: string;
  readonly ours: number;
  readonly bare?: number;
  readonly unit: string;
  /** What the target is about: a ratio, a difference, or our own figure. */
  readonly value: number;
  readonly target?: { readonly atMost: number } | { readonly atLeast: number };
}

/** Undefined where there is no target, or nobody could measure. */
export const isMet = ({ value, target }: Figure): boolean | undefined => {
  if (target === undefined || Number.isNaN(value)) return undefined;
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
};

const number = (value: number | undefined): string => {
  if (value === undefined || Number.isNaN(value)) return '';
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 2 : 1);
};

const targetText = ({ target }: Figure): string => {
  if (target === undefined) return '';
  return 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
};

const rowOf = (figure: Figure): readonly string[] => {
  const met = isMet(figure);
  return [
    figure.name,
    number(figure.ours),
    number(figure.bare),
    figure.unit,
    number(figure.value),
    targetText(figure),
    met === undefined ? '' : met ? 'met' : 'NOT MET',
  ];
};

/** Lines of text in columns; all but the first column are right-aligned. */
export const tableOf = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const [head = [], ...body] = rows;
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n');
};

export const figuresTable = (figures: readonly Figure[]): string =>
  tableOf([['figure', 'ours', 'bare', 'unit', 'value', 'target', ''], ...figures.map(rowOf)]);

export const textOf = number;
