// What tells of new mail if it is wanted: a number on the tab's icon, a soft sound, and a notification while nobody looks.
import type { Clock } from './feed'
import { count } from './format'
import { BAD_FILL, BADGE, BADGE_BASELINE, BADGE_LETTERS, BADGE_LETTERS_MANY, BADGE_ROUND, ICON, ON_ACCENT } from './measures'
import type { Summary } from './wire'

const MOST = 99

/** The page's icon with the count of unread mail in it. */
export function badge(icon: HTMLImageElement, unread: number): string {
  const canvas = Object.assign(document.createElement('canvas'), { width: ICON, height: ICON })
  const pen = canvas.getContext('2d')
  if (!pen) return icon.src
  pen.drawImage(icon, 0, 0, ICON, ICON)
  if (unread > 0) {
    const text = unread > MOST ? `${MOST}+` : count(unread)
    pen.font = `bold ${text.length > 2 ? BADGE_LETTERS_MANY : BADGE_LETTERS}px system-ui, sans-serif`
    const width = Math.max(pen.measureText(text).width + BADGE_ROUND, BADGE)
    pen.fillStyle = BAD_FILL
    pen.beginPath()
    pen.roundRect(ICON - width, ICON - BADGE, width, BADGE, BADGE_ROUND)
    pen.fill()
    pen.fillStyle = ON_ACCENT
    pen.textAlign = 'center'
    pen.fillText(text, ICON - width / 2, ICON - BADGE_BASELINE)
  }
  return canvas.toDataURL('image/png')
}

/** Mail that comes within this time is told together: a burst rings once. */
const TOGETHER = 1000

export interface Means {
  hidden(): boolean
  sound(): void
  /** The newest mail, and how many came since somebody looked. */
  note(newest: Summary, mails: number): void
}

/** Gathers new mail, and tells of it. */
export class Alerts {
  private mails = 0
  private newest: Summary | null = null

  constructor(
    private readonly clock: Pick<Clock, 'after'>,
    private readonly means: Means,
  ) {}

  add(mails: readonly Summary[]): void {
    const isPlanned = this.newest !== null
    this.newest = mails.at(-1) ?? this.newest
    this.mails += mails.length
    if (this.newest && !isPlanned) this.clock.after(TOGETHER, () => this.tell())
  }

  /** Somebody looks: what came until now is no news. */
  looked(): void {
    this.mails = 0
  }

  private tell(): void {
    const { newest, means } = this
    this.newest = null
    means.sound()
    if (!means.hidden()) this.looked()
    // None is left when somebody has looked in the meantime.
    else if (newest && this.mails > 0) means.note(newest, this.mails)
  }
}

export function ring(): void {
  const audio = new AudioContext()
  const [tone, volume] = [audio.createOscillator(), audio.createGain()]
  tone.frequency.value = 880
  volume.gain.setValueAtTime(0.08, audio.currentTime)
  volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.4)
  tone.connect(volume).connect(audio.destination)
  tone.start()
  tone.stop(audio.currentTime + 0.4)
  // Also where the browser plays nothing before the first key or click, and the tone never ends.
  setTimeout(() => void audio.close(), TOGETHER)
}
