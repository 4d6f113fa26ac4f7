// On paper a message is its head and what the open tab shows, whole and black on white.
import assert from 'node:assert/strict'
import { frame, seen, subject } from './look.mjs'
import { scenario } from './scenario.mjs'

for (const scheme of ['light', 'dark']) {
  scenario(`a long message is printed whole from a ${scheme} page`, async (stage) => {
    const server = await stage.server()
    const id = await server.send({ subject: 'A long letter', text: 'x', html: `<h1>Dear reader</h1>${'<p style="height: 100px">A paragraph</p>'.repeat(60)}<p id="end">The end</p>` })
    const page = await stage.page(server, `/m/${id}#html`, { scheme })
    await seen(subject(page, 'A long letter'))
    await seen(frame(page).getByText('Dear reader'))
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')))
    await page.emulateMedia({ media: 'print', colorScheme: scheme })
    const { height, bars, paper } = await page.evaluate(() => ({
      height: document.querySelector('iframe').clientHeight,
      bars: [...document.querySelectorAll('header .actions, .side, [role=tablist], .paper-bar, .page > :first-child')].filter((e) => e.checkVisibility()).length,
      paper: getComputedStyle(document.body).backgroundColor,
    }))
    assert.ok(height > 6000, `${height}`)
    assert.equal(bars, 0)
    assert.ok(['rgb(255, 255, 255)', 'rgba(0, 0, 0, 0)'].includes(paper), paper)
    const pdf = (await page.pdf({ format: 'A4' })).toString('latin1')
    const pages = pdf.match(/\/Type\s*\/Page\b/g).length
    assert.ok(pages >= 6, `${pages} pages`)
  })
}
