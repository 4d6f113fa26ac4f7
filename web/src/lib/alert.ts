// What tells of new mail when nobody looks: a number on the tab's icon, a notification, a soft sound.
import { count } from './format'

const SIDE = 32
const MOST = 99

/** The page's icon with the count of unread mail in it. */
export function badge(icon: HTMLImageElement, unread: number): string {
  const canvas = Object.assign(document.createElement('canvas'), { width: SIDE, height: SIDE })
  const pen = canvas.getContext('2d')
  if (!pen) return icon.src
  pen.drawImage(icon, 0, 0, SIDE, SIDE)
  if (unread > 0) {
    const text = unread > MOST ? `${MOST}+` : count(unread)
    pen.font = `bold ${text.length > 2 ? 15 : 19}px system-ui, sans-serif`
    const width = Math.max(pen.measureText(text).width + 6, 18)
    pen.fillStyle = '#b3261e'
    pen.beginPath()
    pen.roundRect(SIDE - width, SIDE - 20, width, 20, 6)
    pen.fill()
    pen.fillStyle = '#ffffff'
    pen.textAlign = 'center'
    pen.fillText(text, SIDE - width / 2, SIDE - 4)
  }
  return canvas.toDataURL('image/png')
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
  tone.onended = () => void audio.close()
}
