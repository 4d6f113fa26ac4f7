describe('forgot password', () => {
  it('resets a password', () => {
    cy.inbox().then((inbox) => {
      cy.visit('/forgot')
      cy.get('#email').type(inbox.address)
      cy.get('button').click()
      cy.get('h1').should('contain', 'Look into your mail')
      cy.expectMail({ inbox, subject: /reset/i }).then((mail) => {
        cy.visit(mail.link(/\/reset\//).href)
        cy.get('#code').type(mail.code(6))
      })
      cy.get('button').click()
      cy.get('h1').should('contain', 'Your password is new')
    })
  })

  it('sends another code when it is asked again', () => {
    cy.inbox().then((inbox) => {
      cy.visit('/forgot')
      cy.get('#email').type(inbox.address)
      cy.get('button').click()
      cy.expectMail({ inbox }).then((first) => {
        cy.visit('/forgot')
        cy.get('#email').type(inbox.address)
        cy.get('button').click()
        cy.expectMail({ inbox, since: first.cursor }, (second) => {
          expect(second.link(/\/reset\//).href === first.link(/\/reset\//).href).to.equal(false)
        })
      })
    })
  })
})
