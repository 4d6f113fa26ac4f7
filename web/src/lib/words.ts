// The words that the page speaks: each language stands in one file under words/.
export { words } from './words.svelte'
