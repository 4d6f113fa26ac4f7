// Whether HTML would load something from another server when shown. It only decides if the bar with
// "Load it" appears; that nothing is loaded unasked is the server's work (the policy of /html).

// `[^<>]` rather than `[^>]`: a mail full of unclosed tags must not take quadratic time.
const REMOTE = String.raw`(?:https?:)?//[^\s"'>)]`
const LOADS = [
  // An attribute that loads: <img src>, <table background>, <video poster>, <object data>.
  new RegExp(String.raw`<[a-z][^<>]*\s(?:src|background|poster|data)\s*=\s*["']?\s*${REMOTE}`, 'i'),
  new RegExp(String.raw`<[a-z][^<>]*\ssrcset\s*=\s*(?:"[^"]*?|'[^']*?)${REMOTE}`, 'i'),
  new RegExp(String.raw`<link\b[^<>]*\shref\s*=\s*["']?\s*${REMOTE}`, 'i'),
  new RegExp(String.raw`\burl\(\s*(?:["']|&quot;|&#39;)?\s*${REMOTE}`, 'i'),
  new RegExp(String.raw`@import\s+["']\s*${REMOTE}`, 'i'),
]

export function loadsRemote(html: string): boolean {
  return LOADS.some((pattern) => pattern.test(html))
}

const ADDRESS = /(?:https?:)?\/\/[^\s"'>)<&]+/gi

/** How many different addresses HTML would load from. */
export function countRemote(html: string): number {
  const found = new Set<string>()
  for (const pattern of LOADS) {
    for (const match of html.matchAll(new RegExp(`${pattern.source}[^\\s"'>)<&]*`, 'gi'))) {
      const address = match[0].match(ADDRESS)?.at(-1)
      if (address !== undefined) found.add(address)
    }
  }
  return found.size
}
