import { expect, it } from 'vitest'
import { extent, FULL } from './frame'

it('a frame has the size of its device, turned or not, or its own within bounds', () => {
  expect(extent(FULL)).toEqual({ width: null, height: null })
  expect(extent({ ...FULL, size: 'phone' })).toEqual({ width: 375, height: 667 })
  expect(extent({ ...FULL, size: 'tablet', turned: true })).toEqual({ width: 1024, height: 768 })
  expect([50, 640, 90_000, Number.NaN].map((own) => extent({ ...FULL, size: 'own', own }).width)).toEqual([200, 640, 3000, Number.NaN])
})
