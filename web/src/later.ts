// What a reader may never open, in one file of its own: one larger file compresses better than many small ones.
export { default as Compare } from './views/Compare.svelte'
export { default as Compose } from './parts/Compose.svelte'
export { default as ElementLook } from './parts/ElementLook.svelte'
export { default as Expect } from './parts/Expect.svelte'
export { default as Settings } from './parts/Settings.svelte'
