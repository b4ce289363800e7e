import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const textsOf = (folder: string, ending: string): string =>
  readdirSync(join(process.cwd(), folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(process.cwd(), folder, name), 'utf8'))
    .join('\n');

it('every code of a violation has a test that carries its name', () => {
  const source = textsOf('journal/violations', '.ts');
  const codes = [...source.matchAll(/(?:violationAt\(\s*|code: )'([a-z.-]+)'/g)].map(
    (match) => match[1] ?? '',
  );
  const tests = textsOf('test/violations', '.test.ts');
  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => !tests.includes(`'${code}: `))).toEqual([]);
});
