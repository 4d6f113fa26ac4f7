// On paper a message is its head and what the open tab shows, whole and black on white.
import assert from 'node:assert/strict'
import { WELCOME } from './mails.mjs'
import { frame, panel, seen, subject } from './look.mjs'
import { scenario } from './scenario.mjs'

const pages = async (page) => (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g).length

/** What would stand on the paper, once the page has been told to print. */
async function onPaper(page, scheme) {
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')))
  await page.emulateMedia({ media: 'print', colorScheme: scheme })
  return page.evaluate(() => {
    const all = [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && e.clientHeight > 2)
    return {
      bars: all.filter((e) => e.matches('header .actions, .split > .side, [role=tablist], .paper-bar, .page > :first-child, .button, input, select, textarea, [download]')).map((e) => e.outerHTML.slice(0, 100)),
      cut: all.filter((e) => getComputedStyle(e).overflowY !== 'visible' && e.scrollHeight > e.clientHeight + 1).map((e) => e.outerHTML.slice(0, 100)),
      paper: getComputedStyle(document.body).backgroundColor,
      text: document.body.innerText,
    }
  })
}

function isPaper({ bars, cut, paper }, what) {
  assert.deepEqual([bars, cut], [[], []], what)
  assert.ok(['rgb(255, 255, 255)', 'rgba(0, 0, 0, 0)'].includes(paper), paper)
}

for (const scheme of ['light', 'dark']) {
  scenario(`a long message is printed whole from a ${scheme} page`, async (stage) => {
    const server = await stage.server()
    const id = await server.send({ subject: 'A long letter', text: 'x', html: `<h1>Dear reader</h1>${'<p style="height: 100px">A paragraph</p>'.repeat(60)}<p id="end">The end</p>` })
    const page = await stage.page(server, `/m/${id}#html`, { scheme })
    await seen(subject(page, 'A long letter'))
    await seen(frame(page).getByText('Dear reader'))
    isPaper(await onPaper(page, scheme), 'HTML')
    const height = await page.evaluate(() => document.querySelector('iframe').clientHeight)
    assert.ok(height > 6000, `${height}`)
    const many = await pages(page)
    assert.ok(many >= 6, `${many} pages`)
  })

  scenario(`the other tabs, a session and a comparison are printed whole from a ${scheme} page`, async (stage) => {
    const server = await stage.server()
    const lines = Array.from({ length: 150 }, (_, n) => `Line ${n} of a letter`)
    const cc = Array.from({ length: 40 }, (_, n) => `person-${n}@example.com`)
    const headers = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`X-Number-${n}`, 'value '.repeat(20)]))
    const id = await server.send({ ...WELCOME, cc, headers, text: lines.join('\n'), html: `${WELCOME.html}<a href="https://acme.example/start">Begin</a>` })
    const raw = 'From: a@example.com\r\nTo: b@example.com\r\nSubject: No date\r\n\r\nHello\r\n'
    const broken = await server.send({ envelope: { from: 'a@example.com', to: ['b@example.com'] }, raw })
    const { session_id: session } = await server.json(`/v1/messages/${id}`)
    const page = await stage.page(server, '/', { scheme })
    // Each with a word of its beginning and of its end, and pages that are enough and not too many.
    for (const [path, first, last, [least, most]] of [
      [`/m/${id}#text`, 'Line 0 of', 'Line 149 of', [3, 5]],
      [`/m/${id}#source`, '<h1>Hello', 'Begin</a>', [1, 2]],
      [`/m/${id}#headers`, 'X-Number-0', 'Message-ID', [5, 9]],
      [`/m/${id}#parts`, 'multipart/mixed', 'Line 149 of', [3, 6]],
      [`/m/${id}#attachments`, 'logo.png', 'terms.pdf', [1, 3]],
      [`/m/${id}#links`, 'Begin', 'https://acme.example/start', [1, 2]],
      [`/m/${id}#raw`, 'X-Number-0', '--', [5, 9]],
      [`/m/${id}#transcript`, '220 localhost', 'queued as', [3, 5]],
      [`/m/${broken}#defects`, 'missing-date', 'RFC 5322', [1, 1]],
      [`/s/${session}`, '220 localhost', 'queued as', [2, 4]],
      [`/c/${id}/${broken}#headers`, 'MAIL FROM', 'text/html', [3, 6]],
      [`/c/${id}/${broken}#text`, 'Line 0 of', 'Line 149 of', [2, 5]],
    ]) {
      await page.emulateMedia({ media: 'screen', colorScheme: scheme })
      await page.goto('/')
      await page.goto(path)
      const shown = path.startsWith('/s/') ? page.getByRole('list', { name: 'Dialogue' }) : panel(page)
      for (const text of [first, last]) await seen(shown.getByText(text).first())
      const paper = await onPaper(page, scheme)
      isPaper(paper, path)
      assert.ok(paper.text.includes(last), `${path}: ${last}`)
      if (path.startsWith(`/m/${id}`)) assert.ok(['<joerg', 'person-39'].every((name) => paper.text.includes(name)), `${path}: recipients`)
      const many = await pages(page)
      assert.ok(many >= least && many <= most, `${path}: ${many} pages`)
    }
  })
}
