// Mounts the page.
import { mount } from 'svelte'
import App from './App.svelte'
import './tokens.css'
import './base.css'
import { show } from './lib/prefs.svelte'

show()

const target = document.getElementById('app')
if (target) mount(App, { target })
