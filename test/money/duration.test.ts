import fc from 'fast-check';
import { Duration, millisecondsOf } from '../../contracts/duration.ts';
import type { Duration as DurationText } from '../../contracts/define.ts';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const unit = fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[]));

describe('a length of time says its unit', () => {
  it('is as many milliseconds as its unit says', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000 }), unit, (count, of) => {
        expect(Duration.safeParse(`${count}${of}`).success).toBe(true);
        expect(millisecondsOf(`${count}${of}`)).toBe(count * UNITS[of]);
      }),
    );
    expect(millisecondsOf('1.5h')).toBe(5_400_000);
    expect(millisecondsOf('0s')).toBe(0);
  });

  it('is refused without a unit, in settings and in code alike', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.double(), fc.nat().map(String)), (bare) => {
        expect(Duration.safeParse(bare).success).toBe(false);
        expect(() => millisecondsOf(String(bare) as DurationText)).toThrow(RangeError);
      }),
    );
  });

  it.each(['', 's', '-5s', '5 s', '5sec', '5S', '1h30m', '1e3s', 'Infinitys', '.5h', '5.h', ' 5s', '5s\n'])(
    'refuses %j, and says what would be right',
    (text) => {
      expect(Duration.safeParse(text).error?.issues[0]?.message).toContain("such as '30s'");
      expect(() => millisecondsOf(text as DurationText)).toThrow(`'${text}' is not a length of time`);
    },
  );
});
