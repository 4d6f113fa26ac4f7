import { expect, test } from 'restante/playwright'

for (const who of ['ann', 'bob', 'eve']) {
  test(`the password of ${who} is reset`, async ({ page, inbox }) => {
    await page.goto('/forgot')
    await page.fill('#email', inbox.addressOf(who))
    await page.click('button')

    const mail = await inbox.expect({ subject: /reset/i, exactly: 1, timeout: 20_000 })
    expect(mail.recipients).toEqual([inbox.addressOf(who)])
    await page.goto(mail.link('Choose a new password').href)
    await page.fill('#code', mail.code(6))
    await page.click('button')
    await expect(page.locator('h1')).toHaveText('Your password is new')
  })
}
