// Starts the console in its page.

import { render } from 'preact';
import { App } from './views/app';
import './styles/tokens.css';
import './styles/base.css';
import './styles/sign-in.css';
import './styles/frame.css';
import './styles/told.css';
import './styles/list.css';
import './styles/conversation.css';
import './styles/thread.css';
import './styles/composer.css';
import './styles/facts.css';
import './styles/pages.css';

const page = document.getElementById('console');
if (page === null) throw new Error('index.html has no element called console');
render(<App />, page);
