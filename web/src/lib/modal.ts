// Opens a native dialog, which keeps the focus inside, and closes it at once: the browser tells of a
// close only with the next frame, and a key pressed before that would open what this close then shuts.
import type { Attachment } from 'svelte/attachments'

export function modal(close: () => void): Attachment<HTMLDialogElement> {
  return (dialog) => {
    const before = document.activeElement
    const stop = new AbortController()
    const { signal } = stop
    // What else closes it: the "back" of a phone, a form with method=dialog.
    dialog.addEventListener('close', close, { signal })
    dialog.addEventListener(
      'keydown',
      (event) => {
        if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return
        event.preventDefault()
        // The page behind has its own meaning for it.
        event.stopPropagation()
        dialog.close()
        close()
      },
      { signal },
    )
    dialog.showModal()
    return () => {
      // After this no late event can shut the dialog that took this one's place.
      stop.abort()
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus({ preventScroll: true })
    }
  }
}
