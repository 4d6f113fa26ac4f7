import { vitePreprocess } from '@sveltejs/vite-plugin-svelte'

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    runes: true,
    discloseVersion: false,
    // Stands beside every class in the scripts and the style sheet, and does not compress: four letters tell all components apart.
    cssHash: ({ hash, filename, css }) => `s${hash(filename.includes('/src/') ? filename.replace(/^.*\/src\//, '') : css).slice(0, 3)}`,
  },
}
