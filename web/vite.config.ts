// How the inspector is built and developed.
// The server answers `index.html` at `/`, `/m/{id}` and `/s/{id}`, so assets need an absolute base,
// and its Content-Security-Policy allows no inline script or style, so nothing may be inlined.
import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const server = process.env['RESTANTE_URL'] ?? 'http://localhost:8025'

/** With one style sheet and one file for what is opened later there is nothing to load ahead, so the loader that Vite adds is left out. */
const unloaded: Plugin = {
  name: 'restante-no-preload',
  enforce: 'pre',
  apply: 'build',
  load: { filter: { id: /vite\/preload-helper/ }, handler: () => 'export const __vitePreload = (load) => load()' },
}

/** No page comes drawn from the server, and what only such a page needs stands in all of Svelte's runtime behind one variable. */
const drawnHere: Plugin = {
  name: 'restante-no-hydration',
  enforce: 'pre',
  apply: 'build',
  transform: {
    filter: { id: /svelte\/src\/internal\/client\/dom\/hydration\.js$/ },
    handler(code) {
      const constant = code.replace('export let hydrating = false;', 'export const hydrating = false;').replace(/^\thydrating = value;$/m, '')
      if (/let hydrating|hydrating =(?! false)/.test(constant)) this.error('Svelte says otherwise now whether it hydrates')
      return constant
    },
  },
}

export default defineConfig({
  base: '/',
  plugins: [unloaded, drawnHere, svelte()],
  // A module of the server: its policy allows no worker made of a blob.
  worker: { format: 'es' },
  build: {
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: false,
    // light-dark() and CSS nesting go out as written.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    license: false,
    // One style sheet: several small ones compress worse.
    cssCodeSplit: false,
    rolldownOptions: {
      output: {
        // What the first page needs is one file, also where something loaded later uses it too.
        codeSplitting: { groups: [{ name: 'app', tags: ['$initial'] }] },
      },
    },
  },
  server: {
    proxy: {
      // The server refuses an Origin that is not its own.
      '/v1': { target: server, changeOrigin: true, ws: true, rewriteWsOrigin: true, headers: { origin: server } },
    },
  },
  // Style sheets are read by a test; else they would be empty.
  test: { include: ['src/**/*.test.ts'], environment: 'node', css: true },
})
