// The widget as a guest in somebody's page: untouched page, names, keyboard, pictures of it all.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { Agent, DESKTOP, freePort, Node, PHONE, startBrowser, Visitor } from './harness.mjs';

let node, browser, host;

before(async () => {
  node = await Node.start();
  host = await startHost();
  browser = await startBrowser(node, undefined, { [`localhost:${node.port}`]: host.port });
});

after(async () => {
  await browser?.close();
  host?.server.close();
  await node?.stop();
});

/** Somebody else's site: one page, whose HTML a test sets. */
async function startHost() {
  const host = { html: '' };
  host.server = http.createServer((_, answer) => {
    answer.setHeader('Content-Type', 'text/html');
    answer.end(host.html);
  });
  host.server.listen(0, '127.0.0.1');
  await once(host.server, 'listening');
  host.port = host.server.address().port;
  return host;
}

function embedding(source, site) {
  return `<script async src="${source}/loader.js" data-site="${site}"></script>`;
}

for (const [what, source] of [
  ['a node that is gone', async () => `http://127.0.0.1:${await freePort()}`],
  ['a site that the node does not know', async () => node.base],
]) {
  test(`${what} leaves the page untouched`, async () => {
    host.html = `<!doctype html><h1>Shop</h1>${embedding(await source(), 'none')}`;
    const page = await browser.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`http://127.0.0.1:${host.port}/`, { waitUntil: 'networkidle' });
    assert.equal(await page.locator('salotto-chat').count(), 0);
    assert.deepEqual(errors, []);
    await page.close();
  });
}

test('the loader shifts nothing, styles nothing and leaves one global', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.page.locator('salotto-chat .bubble').waitFor();
  const traces = await visitor.page.evaluate(async () => {
    const shifts = await new Promise((resolve) => {
      new PerformanceObserver((list) => resolve(list.getEntries().length)).observe({
        type: 'layout-shift',
        buffered: true,
      });
      setTimeout(() => resolve(0), 200);
    });
    const bare = document.createElement('iframe');
    document.body.append(bare);
    const globals = Object.keys(window).filter((it) => !(it in bare.contentWindow));
    return { shifts, globals, sheets: document.adoptedStyleSheets.length };
  });
  const globals = traces.globals.filter((it) => !/^\d+$/.test(it));
  assert.deepEqual({ ...traces, globals }, { shifts: 0, globals: ['Salotto'], sheets: 0 });
  assert.equal(await visitor.page.locator('salotto-chat iframe').count(), 0);
  await visitor.leave();
});

test('a page of another origin, with a hostile style sheet, has the same chat', async () => {
  const shop = await (await fetch(node.base)).text();
  const [, site] = /data-site="([^"]+)"/.exec(shop);
  const style = '* { display: inline !important; color: red !important; font-size: 50px }';
  host.html = `<!doctype html><style>${style} iframe { display: none !important }</style>
    <body>${embedding(node.base, site)}</body>`;
  const context = await browser.newContext(DESKTOP);
  const elsewhere = { base: `http://localhost:${node.port}` };
  const visitor = await new Visitor(context, elsewhere).tab('/');
  await visitor.open();
  await visitor.write('From elsewhere');
  await visitor.sees('From elsewhere', 'sent');
  const box = await visitor.launcher.boundingBox();
  assert.deepEqual([box.width, box.height], [60, 60]);
  assert.equal(new URL(visitor.page.frames()[1].url()).origin, node.base);
  assert.deepEqual(visitor.errors, []);
  await visitor.leave();
});

test('a dismissed greeting stays away', async () => {
  const visitor = await Visitor.arrive(browser, node);
  const bubble = visitor.page.locator('salotto-chat .bubble');
  await bubble.waitFor();
  await visitor.page.getByRole('button', { name: 'Dismiss' }).click();
  await bubble.waitFor({ state: 'hidden' });
  const kept = await visitor.page.evaluate(() => Object.keys(localStorage));
  assert(kept.some((key) => key.endsWith(':dismissed')));
  await visitor.page.clock.install();
  await visitor.page.reload();
  await visitor.launcher.waitFor();
  await visitor.page.clock.runFor(10_000);
  assert.equal(await bubble.isVisible(), false);
  await visitor.leave();
});

test('a page that refuses storage has a chat all the same', async () => {
  const context = await browser.newContext(DESKTOP);
  await context.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get: () => {
        throw new DOMException('refused', 'SecurityError');
      },
    });
  });
  const visitor = await new Visitor(context, node).tab('/');
  await visitor.open();
  await visitor.write('No cookies please');
  await visitor.sees('No cookies please', 'sent');
  await visitor.page.reload();
  await visitor.sees('No cookies please', 'sent');
  await visitor.leave();
});

test('the keyboard reaches everything, and the focus goes where it should', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.launcher.focus();
  await visitor.page.keyboard.press('Enter');
  await visitor.isOnline();
  const focused = () =>
    visitor.widget.locator('body').evaluate(() => document.activeElement?.tagName);
  await visitor.widget.locator('textarea:focus').waitFor();
  assert.equal(await focused(), 'TEXTAREA');
  await visitor.page.keyboard.type('By keyboard');
  await visitor.page.keyboard.press('Enter');
  await visitor.sees('By keyboard', 'sent');
  await visitor.page.keyboard.press('Escape');
  await visitor.page.locator('salotto-chat:not(.open)').waitFor({ state: 'attached' });
  const back = await visitor.page.evaluate(
    () => document.activeElement?.shadowRoot?.activeElement?.className,
  );
  assert.equal(back, 'launcher');
  await visitor.leave();
});

test('roles and names tell what everything is', async () => {
  const visitor = await Visitor.arrive(browser, node);
  const launcher = visitor.page.getByRole('button', { name: 'Open chat' });
  assert.equal(await launcher.getAttribute('aria-expanded'), 'false');
  await visitor.open();
  assert.equal(await visitor.launcher.getAttribute('aria-expanded'), 'true');
  assert(await visitor.page.locator('iframe').getAttribute('title'));
  const { widget } = visitor;
  await widget.getByRole('main').waitFor();
  await widget.getByRole('heading', { level: 1 }).waitFor();
  await widget.getByRole('log', { name: 'Conversation' }).waitFor();
  await widget.getByRole('textbox', { name: 'Write a message…' }).waitFor();
  await widget.getByRole('button', { name: 'Send' }).waitFor();
  await widget.getByRole('button', { name: 'Close chat' }).waitFor();
  const nameless = await widget
    .locator('button, a, textarea')
    .evaluateAll((all) => all.filter((it) => !it.ariaLabel && !it.textContent?.trim()).length);
  assert.equal(nameless, 0);
  const small = await widget.locator('button').evaluateAll((all) =>
    all.filter((it) => it.offsetWidth < 24 || it.offsetHeight < 24).map((it) => it.className),
  );
  assert.deepEqual(small, [], 'smaller than WCAG 2.5.8 allows');
  await visitor.leave();
});

test('a page from right to left has its chat on the left', async () => {
  const context = await browser.newContext(DESKTOP);
  await context.route('**/', async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replace('lang="en"', 'lang="ar" dir="rtl"');
    await route.fulfill({ response: answer, body });
  });
  const visitor = await new Visitor(context, node).tab('/');
  await visitor.open();
  const { x } = await visitor.launcher.boundingBox();
  assert(x < 100, `the launcher is at ${x}`);
  assert.equal(await visitor.widget.locator('html').getAttribute('dir'), 'rtl');
  await visitor.screenshot('widget-rtl');
  await visitor.leave();
});

for (const [name, device] of [
  ['desktop', DESKTOP],
  ['phone', PHONE],
]) {
  test(`what it looks like: ${name}`, async () => {
    const agent = await Agent.signIn(node);
    const visitor = await Visitor.arrive(browser, node, device);
    await visitor.page.locator('salotto-chat .bubble').waitFor();
    await visitor.screenshot(`${name}-1-greeting`);
    await visitor.open();
    await visitor.widget.locator('.message.team').waitFor();
    await visitor.screenshot(`${name}-2-open`);
    const question = `My calathea gets brown tips (${name}).\nIs it the water?`;
    await visitor.write(question);
    const conversation = await agent.finds(question);
    await agent.says(conversation, 'Mostly it is dry air. Does it stand near a radiator?');
    await visitor.sees('dry air');
    await visitor.write('Right above it!');
    await visitor.sees('Right above it!', 'sent');
    await agent.texts(conversation, 3);
    agent.marks(conversation, 'read');
    await visitor.sees('Right above it!', 'read');
    agent.send({ type: 'typing', conversation, on: true });
    await visitor.widget.locator('.typing').waitFor();
    await visitor.screenshot(`${name}-3-talk`);
    await agent.says(conversation, 'See https://fernbank.example/guides/calathea');
    await visitor.sees('See https');
    await agent.acts({ type: 'close', conversation });
    await visitor.widget.getByText('Conversation closed').waitFor();
    await visitor.screenshot(`${name}-4-closed`);
    agent.leave();
    await visitor.leave();
  });

  test(`what the shop looks like: ${name}`, async () => {
    const visitor = await Visitor.arrive(browser, node, device);
    await visitor.page.getByRole('button', { name: 'Dismiss' }).click();
    for (const page of ['products', 'contact']) {
      await visitor.page.goto(`${node.base}/${page}.html`);
      await visitor.launcher.waitFor();
      await visitor.screenshot(`${name}-shop-${page}`);
    }
    await visitor.leave();
  });
}

test('a phone has the whole screen for the chat, and a way back', async () => {
  const visitor = await Visitor.arrive(browser, node, PHONE);
  await visitor.open();
  const box = await visitor.page.locator('salotto-chat iframe').boundingBox();
  assert.deepEqual({ ...box }, { x: 0, y: 0, width: 390, height: 844 });
  assert.equal(await visitor.launcher.isVisible(), false);
  await visitor.widget.getByRole('button', { name: 'Close chat' }).click();
  await visitor.launcher.waitFor();
  await visitor.leave();
});
