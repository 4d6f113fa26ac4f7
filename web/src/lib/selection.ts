// Which rows are chosen together. Pure: clicks and keys in, a set of ids out.
import { idAt, indexOf, type Item, type Paged } from './paged'

export interface Selection {
  readonly ids: ReadonlySet<string>
  /** Where a range begins. */
  readonly anchor: string | null
}

export const none: Selection = { ids: new Set(), anchor: null }

export function toggle(sel: Selection, id: string): Selection {
  const ids = new Set(sel.ids)
  if (!ids.delete(id)) ids.add(id)
  return { ids, anchor: id }
}

/** All from the anchor to `id`, added to what was chosen. Rows that are not loaded are left out. */
export function extend<T extends Item>(sel: Selection, list: Paged<T>, id: string, from: string | null = null): Selection {
  const anchor = sel.anchor ?? from ?? id
  const [a, b] = [indexOf(list, anchor), indexOf(list, id)]
  if (a < 0 || b < 0) return toggle(sel, id)
  const ids = new Set(sel.ids)
  for (let i = Math.min(a, b); i <= Math.max(a, b); i += 1) {
    const at = idAt(list, i)
    if (at !== undefined) ids.add(at)
  }
  return { ids, anchor }
}

export function all<T extends Item>(list: Paged<T>): Selection {
  return { ids: new Set(list.rows.keys()), anchor: list.head[0] ?? null }
}

/** Without those that are gone. */
export function prune<T extends Item>(sel: Selection, list: Paged<T>): Selection {
  const ids = new Set([...sel.ids].filter((id) => list.rows.has(id)))
  return ids.size === sel.ids.size ? sel : { ids, anchor: sel.anchor !== null && ids.has(sel.anchor) ? sel.anchor : null }
}
