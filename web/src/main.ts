// Mounts the page.
import { mount } from 'svelte'
import App from './App.svelte'
import './tokens.css'
import './base.css'
import { show, talk } from './lib/prefs.svelte'

show()
// Without the file of its language the page speaks English.
await talk().catch(() => null)

const target = document.getElementById('app')
if (target) mount(App, { target })
