// A flow as nobody may write it: the value of a contract brings zod into the bundle. The linter refuses it in workflows/;
// here it proves that the test of the bundle would see it.
import { parseMoney } from '../../contracts/money.ts';

const service = 'stripe';
export const leakyFlow = async (): Promise<string> => `${service}: ${parseMoney('49.00', 'USD').amount}`;
