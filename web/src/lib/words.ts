// The words that the page speaks: all of them stand in one file.
export { en as words } from './words/en'
