import { describe, expect, it } from 'vitest'
import { selector, veil } from './likeness'

describe('the likeness of HTML', () => {
  it.each([
    ['<p style="color:red" class=style>a style="b"</p>', '<p data-inline-style="color:red" class=style>a style="b"</p>'],
    ['<STYLE media=print>a>b{}</STYLE>x', '<noframes data-style-sheet media=print>a>b{}</noframes>x'],
    ['<td\nSTYLE = \'a\'>', '<td\ndata-inline-style = \'a\'>'],
    ['<a title="<p style=x>">', '<a title="<p style=x>">'],
    ['<p style', '<p data-inline-style'],
    ['<!-- <style> -->', '<!-- <style> -->'],
  ])('has its styles out of the parser’s sight: %s', (html, veiled) => expect(veil(html)).toBe(veiled))

  it('calls elements as a style sheet does', () => {
    expect(selector({ tag: 'td', id: 'x', classes: ' a  b ', style: [], attributes: [] })).toBe('td#x.a.b')
  })
})
