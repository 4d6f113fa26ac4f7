// The words that the page speaks: one file a language, of one shape. Chosen before the page is drawn.
import { en } from './words/en'

export type Words = typeof en

/** What components read; another language takes its place before they are made. */
export let words: Words = en

export function speak(other: Words): void {
  words = other
}
