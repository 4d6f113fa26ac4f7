import { expect, it } from 'vitest'
import { Alerts } from './alert'
import { summary } from './samples'

/** Alerts with a clock in the test's hands, and what they told. */
function rig() {
  const told: string[] = []
  const timers: (() => void)[] = []
  const state = { hidden: true }
  const alerts = new Alerts(
    { after: (_, run) => (timers.push(run), () => {}) },
    { hidden: () => state.hidden, sound: () => void told.push('sound'), note: (newest, mails) => void told.push(`${mails}: ${newest.subject}`) },
  )
  const pass = () => {
    for (const timer of timers.splice(0)) timer()
    return told.splice(0)
  }
  const come = (...ns: number[]) => alerts.add(ns.map((n) => summary(n)))
  return { alerts, state, come, pass }
}

it('tells of a burst once, however many batches it comes in', () => {
  const r = rig()
  for (let n = 0; n < 100; n += 1) r.come(2 * n, 2 * n + 1)
  expect(r.pass()).toEqual(['sound', '200: Mail 199'])
  expect(r.pass()).toEqual([])
})

it('counts on until somebody looks', () => {
  const r = rig()
  r.come(1)
  expect(r.pass()).toEqual(['sound', '1: Mail 1'])
  r.come(2, 3)
  expect(r.pass()).toEqual(['sound', '3: Mail 3'])
  r.alerts.looked()
  r.come(4)
  expect(r.pass()).toEqual(['sound', '1: Mail 4'])
})

it('only rings while the page is looked at, and counts nothing then', () => {
  const r = rig()
  r.state.hidden = false
  r.come(1, 2)
  expect(r.pass()).toEqual(['sound'])
  r.state.hidden = true
  r.come(3)
  expect(r.pass()).toEqual(['sound', '1: Mail 3'])
})

it('notes nothing of what was looked at in the meantime', () => {
  const r = rig()
  r.come(1)
  r.alerts.looked()
  expect(r.pass()).toEqual(['sound'])
})

it('tells nothing of batches without mail', () => {
  const r = rig()
  r.come()
  expect(r.pass()).toEqual([])
})
