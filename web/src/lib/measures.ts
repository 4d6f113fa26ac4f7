// The lengths, in pixels, and times, in milliseconds, that scripts need. Those of the style sheets stand
// in tokens.css; where both need one, a test compares them (tokens.test.ts).

/** Where there is room for one column. */
export const NARROW = '(max-width: 759px)'
/** The rows of the lists. */
export const ROW = 68
export const ROW_COMPACT = 32
export const ROW_SESSION = 52
/** What is seen of a list before it was measured. */
export const VIEWPORT = 600
/** So near to the end of what scrolls is at the end. */
export const NEAR = 40
/** The least height of a mail's likeness. */
export const LIKENESS = 120
/** A frame that nobody sees, to be filled and measured. */
export const UNSEEN = 10
/** The width of a printed page between its margins. */
export const PAPER = 680

/** The count on the tab's icon: its colours are those of the light page, for the icon is one for both. */
export const ICON = 32
export const BADGE = 20
export const BADGE_ROUND = 6
export const BADGE_LETTERS = 19
export const BADGE_LETTERS_MANY = 15
export const BADGE_BASELINE = 4
export const BAD_FILL = '#b3261e'
export const ON_ACCENT = '#ffffff'

/** How long a button says that it has copied. */
export const COPIED = 1500
/** Letters that follow each other within this time are of one word. */
export const SPELLING = 700
/** A file that is being saved is kept so long. */
export const SAVING = 10_000
/** A new row slides in for so long. */
export const SLIDE = 160
