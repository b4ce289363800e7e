import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

export interface Look {
  /** Names the picture. */
  readonly name: string;
  /** The path within the Temporal UI. */
  readonly path: string;
  /** What a person must be able to read there. */
  readonly shows: readonly (string | RegExp)[];
  readonly hides?: readonly string[];
  /** Clicked before the look: a selector. */
  readonly click?: string;
}

const PATIENCE_MS = 20_000;

/** Opens pages of the Temporal UI, asserts what they say, and saves a picture of each into `folder`. */
export const createLooker = (page: Page, uiUrl: string, folder: string) => {
  mkdirSync(folder, { recursive: true });
  return async ({ name, path, shows, hides = [], click }: Look): Promise<void> => {
    await page.goto(uiUrl + path);
    const file = join(folder, `${name}.png`);
    try {
      if (click) await page.locator(click).first().click({ timeout: PATIENCE_MS });
      await untilItSays(page, shows);
    } finally {
      await page.screenshot({ path: file, fullPage: true });
    }
    const text = await textOf(page);
    const wrong = hides.filter((one) => text.includes(one));
    if (wrong.length > 0)
      throw new Error(`${page.url()} shows ${wrong.join(', ')}, which does not belong there; see ${file}.`);
    console.log(`${file}\n  says: ${shows.map((one) => String(one).trim()).join(' | ')}`);
  };
};

const untilItSays = async (page: Page, shows: Look['shows']): Promise<void> => {
  let missing = shows;
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await page.waitForTimeout(200)) {
    const text = await textOf(page);
    missing = shows.filter((one) => (typeof one === 'string' ? !text.includes(one) : !one.test(text)));
    if (missing.length === 0) return;
  }
  throw new Error(`${page.url()} does not say: ${missing.join(' | ')}.`);
};

/** The timeline is drawn, and a flow's details are a frame: their words are not in what counts as the page's text. */
const textOf = async (page: Page): Promise<string> => {
  const texts = page.frames().map((frame) =>
    frame.evaluate(() => {
      const drawn = [...document.querySelectorAll('svg text')].map((node) => node.textContent);
      return [document.body.innerText, ...drawn].join('\n');
    }),
  );
  // A frame that is just being replaced has no text; the next look reads its successor.
  return (await Promise.allSettled(texts))
    .map((text) => (text.status === 'fulfilled' ? text.value : ''))
    .join('\n');
};
