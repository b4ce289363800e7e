import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { findChromium } from './find-chromium.ts';

export interface Browser {
  newPage(): Promise<Page>;
  stop(): Promise<void>;
}

/** As root, Chromium has no sandbox of its own; the rest keeps it from talking to anybody but the page's own server. */
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ...['--disable-default-apps', '--no-default-browser-check', '--disable-dev-shm-usage'],
  // Whatever a page asks for elsewhere is answered with "no such host".
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** Starts Debian's Chromium without a window, with a profile of its own that is thrown away. */
export const openBrowser = async (): Promise<Browser> => {
  const executablePath = await findChromium();
  const profile = mkdtempSync(join(tmpdir(), 'cc-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: FLAGS,
    viewport: { width: 1_440, height: 1_800 },
    locale: 'en-US',
    timezoneId: 'UTC',
  });
  return {
    newPage: () => context.newPage(),
    async stop() {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
};
