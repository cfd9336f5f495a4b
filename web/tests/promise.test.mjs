// Who would wait too long is offered the answer by e-mail, and the page hears where they stand.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Agent, Node, PHONE, startBrowser, Visitor } from './harness.mjs';

const CAPACITY = 5;

let node, browser, agent;

before(async () => {
  // Nobody takes mail there: what is written waits, and that is all that this needs.
  node = await Node.start({
    SALOTTO_MAIL__URL: 'smtp+plain://127.0.0.1:9',
    SALOTTO_MAIL__FROM: 'chat@shop.example',
    SALOTTO_GATEWAY__PUBLIC_URL: 'https://chat.shop.example',
  });
  browser = await startBrowser(node);
  agent = await Agent.signIn(node);
});

after(async () => {
  agent?.leave();
  await browser?.close();
  await node?.stop();
});

async function isPatient(patience) {
  const page = await (await fetch(`${node.base}/`)).text();
  const site = /[0-9a-f]{8}-[0-9a-f-]{27}/u.exec(page)[0];
  const { chatflow } = await (await fetch(`${node.base}/api/v1/sites/${site}`)).json();
  await agent.puts(`/chatflows/${chatflow.id}/patience`, patience);
}

/** Whoever comes then has to wait. */
async function everybodyIsBusy() {
  const guests = [];
  for (let n = 0; n < CAPACITY; n++) {
    const guest = await Visitor.arrive(browser, node);
    await guest.open();
    await guest.write(`busy with ${n}`);
    await guest.widget.getByText(`${agent.name} is with you`).waitFor();
    guests.push(guest);
  }
  return guests;
}

test('BY-15 the offer is taken by keyboard, keeps what was typed, outlives a reload', async () => {
  await isPatient({ wait_ms: 0 });
  const guests = await everybodyIsBusy();
  const visitor = await Visitor.arrive(browser, node);
  await visitor.page.evaluate(() => {
    window.heard = [];
    addEventListener('salotto:queue', (event) => window.heard.push(event.detail));
  });
  await visitor.open();
  await visitor.write('Is the lamp still there?');

  const offer = visitor.widget.getByRole('region', { name: 'Answer by e-mail' });
  await offer.getByRole('status').getByText('Shall we answer by e\u2011mail?').waitFor();
  await visitor.screenshot('widget-offer-1280');
  const field = offer.getByRole('textbox', { name: 'Your e-mail address' });
  await field.focus();
  await field.pressSequentially('grace@mail');
  await field.press('Enter');
  await offer.getByRole('alert').getByText('not a complete e-mail address').waitFor();
  assert.equal(await field.inputValue(), 'grace@mail', 'the text is kept');
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  assert.ok(await field.evaluate((it) => it === it.ownerDocument.activeElement), 'and the focus');
  await visitor.page.setViewportSize(PHONE.viewport);
  await visitor.screenshot('widget-offer-wrong-390');
  await visitor.page.setViewportSize({ width: 1280, height: 840 });

  await field.pressSequentially('.example');
  await field.press('Enter');
  await offer.getByRole('status').getByText('We will answer by e-mail.').waitFor();
  await visitor.screenshot('widget-promised-1280');
  await visitor.page.reload();
  await offer.getByText('We will answer by e-mail.').last().waitFor();
  assert.equal(await visitor.widget.getByText('grace@mail.example').count(), 0);
  await visitor.page.setViewportSize(PHONE.viewport);
  await visitor.screenshot('widget-promised-390');

  const other = await visitor.tab('/products.html');
  await other.open();
  await other.widget.getByText('We will answer by e-mail.').last().waitFor();
  assert.deepEqual([...visitor.errors, ...other.errors], []);
  for (const guest of guests) await guest.leave();
  await visitor.leave();
});

test('CAP-9 the page hears where its visitor stands, and when that is over', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.page.evaluate(() => {
    window.heard = [];
    addEventListener('salotto:queue', (event) => window.heard.push(event.detail));
  });
  await visitor.open();
  await visitor.write('And me?');
  await visitor.page.waitForFunction(() => window.heard.length > 0);
  const [first] = await visitor.page.evaluate(() => window.heard);
  assert.deepEqual(Object.keys(first), ['position', 'at_least', 'expected_wait_ms']);
  assert.equal(first.position, 2, 'after the one who was promised an answer');

  const assigned = [...agent.conversations.keys()];
  for (const conversation of assigned.slice(0, 2)) {
    await agent.acts({ type: 'close', conversation });
  }
  await visitor.widget.getByText(`${agent.name} is with you`).waitFor();
  await visitor.page.waitForFunction(() => window.heard.at(-1).position === null);
  assert.deepEqual(visitor.errors, []);
  await visitor.leave();
});
