// How large the frame of a message's HTML is: a device, held upright or turned, or a width of one's own.

export const DEVICES = { phone: [375, 667], tablet: [768, 1024], desktop: [1280, 800] } as const
export type Device = keyof typeof DEVICES
export type Size = 'full' | Device | 'own'

export interface Frame {
  size: Size
  turned: boolean
  own: number
}

export const FULL: Frame = { size: 'full', turned: false, own: 600 }
export const NARROWEST = 200
export const WIDEST = 3000

/** Width and height in pixels; `null` is what room there is. */
export function extent({ size, turned, own }: Frame): { width: number | null; height: number | null } {
  if (size === 'full') return { width: null, height: null }
  if (size === 'own') return { width: Math.min(Math.max(own, NARROWEST), WIDEST), height: null }
  const [width, height] = DEVICES[size]
  return turned ? { width: height, height: width } : { width, height }
}
