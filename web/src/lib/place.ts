// Where the reader is in the list. An open message may leave it: it is read now, and the unread were
// searched for. Then it keeps the place that it had. Pure.
import { idAt, indexOf, type Item, type Paged } from './paged'

export interface Place {
  readonly id: string
  /** The list, as it is shown, when it last had the message. */
  readonly list: Paged<Item>
}

/** The place of the open message, now that the list is this one. */
export const placeIn = (place: Place | null, list: Paged<Item>, id: string | null): Place | null =>
  id === null ? null : place?.id === id && !list.rows.has(id) ? place : { id, list }

/** The row before which the place is now, by the nearest one that is still there. */
function gapIn(list: Paged<Item>, { id, list: old }: Place): number {
  const at = indexOf(old, id)
  const now = (index: number) => indexOf(list, idAt(old, index) ?? '')
  for (let far = 1; at >= 0 && far < old.total; far += 1) {
    const [below, above] = [now(at + far), now(at - far)]
    if (below >= 0) return below
    if (above >= 0) return above + 1
  }
  return 0
}

/** The row below (1) or above (-1) the place; at an end the last one on that side, with no place the first or the last. */
export function beside(list: Paged<Item>, place: Place | null, step: 1 | -1): string | undefined {
  const at = place ? indexOf(list, place.id) : -1
  const to = at >= 0 ? at + step : place ? gapIn(list, place) - Number(step < 0) : step > 0 ? 0 : list.total
  return idAt(list, Math.max(Math.min(to, list.total - 1), 0))
}
