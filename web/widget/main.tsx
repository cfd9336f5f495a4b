// The widget's start: waits for the loader's opening, then draws every state of the chat.

import { render } from 'preact';

import { Bridge, waitForOpening } from './bridge';
import { Chat, type ChatState } from './chat';
import { Draft } from './draft';
import { App } from './view/app';
import { cssColor, inkOf, parseColor, textOn } from '../shared/color';
import './styles/base.css';
import './styles/header.css';
import './styles/messages.css';
import './styles/queue.css';
import './styles/promise.css';
import './styles/composer.css';
import './styles/motion.css';

const { opening, port } = await waitForOpening();
const root = document.getElementById('app');
if (root !== null) {
  const bridge = new Bridge(port, opening.kept);
  const draft = new Draft(bridge);
  const chat = new Chat(opening, bridge, draw);
  dress(opening.chatflow.accent_color, opening.dir);
  draw(chat.state);
  bridge.tell({ type: 'ready' });
  await chat.start();

  function draw(state: ChatState): void {
    if (root !== null) render(<App state={state} chat={chat} draft={draft} />, root);
  }
}

/** Through the object model: a strict CSP allows no style attributes. */
function dress(accent: string, dir: string): void {
  const rgb = parseColor(accent);
  const { documentElement: html } = document;
  html.dir = dir;
  html.style.setProperty('--accent', cssColor(rgb));
  html.style.setProperty('--on-accent', textOn(rgb));
  html.style.setProperty('--ink', cssColor(inkOf(rgb)));
}
