import { defineConfig } from '@playwright/test'

// CHROMIUM names a browser that is installed; without it, the one of `npx playwright install chromium` is taken.
const { APP_PORT = '8000', CHROMIUM } = process.env

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  workers: 2,
  use: {
    baseURL: `http://localhost:${APP_PORT}`,
    // Chromium's own sandbox does not work for root, as whom containers run.
    launchOptions: { ...(CHROMIUM ? { executablePath: CHROMIUM } : {}), chromiumSandbox: process.getuid?.() !== 0, args: ['--disable-gpu'] },
  },
  // `restante run -- npx playwright test` tells the app where its mail goes.
  webServer: { command: `python3 app.py ${APP_PORT}`, url: `http://localhost:${APP_PORT}/forgot` },
})
