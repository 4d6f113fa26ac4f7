// Mounts the page.
import { mount } from 'svelte'
import App from './App.svelte'
import './tokens.css'
import './base.css'
import './above.css'
import { show, talk } from './lib/prefs.svelte'

show()
const target = document.getElementById('app')
// Not awaited here: the file of a language uses this one, and would wait for its end.
// Without the file of its language the page speaks English.
void talk()
  .catch(() => null)
  .then(() => target && mount(App, { target }))
