// An agent at the console and a visitor in the widget, in two browsers, through a real node.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { BEN, Console } from './console-page.mjs';
import { Agent, Node, startBrowser, until, Visitor } from './harness.mjs';

let node, browser, desk;

/** A node and a browser for each test: what one leaves waiting would count in the next. */
beforeEach(async () => {
  node = await Node.start();
  browser = await startBrowser(node);
  desk = await Console.signIn(browser, node);
  await desk.status('away');
});

afterEach(async () => {
  await browser?.close();
  // A drain would wait for visitors to go elsewhere; here nobody is left.
  await node?.kill();
  await node?.stop();
});

/** A visitor who has just written. */
async function visitorSays(text) {
  const visitor = await Visitor.arrive(browser, node);
  visitor.heard = [];
  visitor.page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => visitor.heard.push(String(payload))),
  );
  await visitor.open();
  await visitor.write(text);
  await visitor.sees(text, 'sent');
  return visitor;
}

test('a new chat is noticed, and nobody who is Away gets it', async () => {
  await desk.tab('Waiting');
  await desk.titled(/^Salotto$/);
  const visitor = await visitorSays('Is anybody there?');
  await desk.row('Is anybody there?').waitFor();
  await desk.titled(/^\(1\) Salotto$/);
  assert.match(await desk.row('Is anybody there?').innerText(), /Waiting/);
  await desk.opens('Is anybody there?');
  await desk.button('Take it').waitFor();
  await desk.screenshot('waiting');
  await visitor.leave();
  await desk.button('Take it').click();
  await desk.logs('You took it');
  await desk.titled(/^Salotto$/);
});

test('a reply reaches the visitor, and the agent sees how far it came', async () => {
  const visitor = await visitorSays('Do you deliver?');
  await desk.opens('Do you deliver?');
  await visitor.sees('Do you deliver?', 'read');
  await desk.write('Within a week.');
  await visitor.sees('Within a week.');
  await desk.logs('You took it by answering');
  await desk.bubble('Within a week.').locator('[data-delivery=read]').waitFor();
  await visitor.launcher.click();
  await desk.write('With a van.');
  await desk.bubble('With a van.').locator('[data-delivery=delivered]').waitFor();
  await visitor.leave();
  await desk.page.locator('.entry[data-type=welcome]').waitFor();
  await desk.screenshot('reply');
  assert.deepEqual(desk.errors, []);
});

// IN-10
test('an internal comment never reaches the visitor', async () => {
  const visitor = await visitorSays('May I pay later?');
  await desk.opens('May I pay later?');
  await desk.comment('Rather not this one.');
  await desk.write('I am afraid not.');
  await visitor.sees('I am afraid not.');
  assert(visitor.heard.some((frame) => frame.includes('I am afraid not.')));
  assert(!visitor.heard.some((frame) => frame.includes('Rather not this one.')));
  await desk.screenshot('comment');
  await visitor.leave();
});

// IN-13, IN-14
test('the page and the typing of the visitor are shown and move no message', async () => {
  const visitor = await visitorSays('Which pot?');
  await desk.opens('Which pot?');
  await desk.fact('Latest page').getByRole('link').waitFor();
  await desk.fact('Started on').getByRole('link').waitFor();
  const place = () => desk.bubble('Which pot?').boundingBox();
  const before = await place();
  await visitor.field.pressSequentially('The bl');
  await desk.page.getByText('The visitor is writing').waitFor();
  assert.deepEqual(await place(), before);
  await desk.screenshot('typing');
  await visitor.field.fill('');
  await desk.page.getByText('The visitor is writing').waitFor({ state: 'detached' });
  await visitor.page.getByRole('link', { name: 'Plants', exact: true }).click();
  const link = desk.fact('Latest page').getByRole('link', { name: /products\.html/ });
  await link.waitFor();
  assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
  assert.match(await desk.fact('Started on').innerText(), /127\.0\.0\.1/);
  await visitor.leave();
});

test('the visitor sees that the agent is writing', async () => {
  const visitor = await visitorSays('Hello, writer');
  await desk.opens('Hello, writer');
  await desk.field.pressSequentially('One mo');
  await visitor.widget.getByText(/is typing/).waitFor();
  await desk.field.press('Enter');
  await visitor.sees('One mo');
  await visitor.widget.locator('.typing').waitFor({ state: 'detached' });
  await visitor.leave();
});

test('a conversation is assigned to a colleague, who notices, and back to nobody', async () => {
  const ben = await Console.signIn(browser, node, { email: BEN });
  await ben.status('away');
  await ben.tab('Mine');
  const visitor = await visitorSays('A case for Ben');
  await desk.tab('All');
  await desk.opens('A case for Ben');
  await desk.button('Assign to…').click();
  await desk.page.getByRole('menuitemradio', { name: /Ben/ }).waitFor();
  await desk.screenshot('assign');
  await desk.page.getByRole('menuitemradio', { name: /Ben/ }).click();
  await desk.logs('You assigned it to Ben');
  await ben.row('A case for Ben').waitFor();
  await ben.titled(/^\(1\) Salotto$/);
  await ben.opens('A case for Ben');
  await ben.logs('assigned it to you');
  await ben.button('Assign to…').click();
  await ben.page.getByRole('menuitemradio', { name: 'Nobody' }).click();
  await ben.logs('You assigned it to nobody');
  await desk.logs('Ben assigned it to nobody');
  await desk.button('Take it').click();
  await ben.logs('Ada took it');
  await ben.leave();
  await visitor.leave();
});

// AS-46
test('a conversation is handed on with a note that the visitor never sees', async () => {
  const ben = await Console.signIn(browser, node, { email: BEN });
  await ben.status('away');
  const visitor = await visitorSays('A case with a story');
  await desk.tab('All');
  await desk.opens('A case with a story');
  await desk.button('Assign to…').click();
  await desk.page.getByRole('menuitem', { name: 'With a note…' }).click();
  const dialog = desk.page.getByRole('dialog', { name: 'Hand over' });
  await dialog.getByLabel('To', { exact: true }).selectOption({ label: 'Ben, Away' });
  await dialog.getByLabel('Note (optional)').fill('She has called twice already.');
  await desk.screenshot('hand-over');
  await dialog.getByRole('button', { name: 'Hand it over' }).click();
  await desk.logs('You assigned it to Ben');
  await ben.tab('Mine');
  await ben.opens('A case with a story');
  await ben.page.getByText('She has called twice already.').waitFor();
  assert.equal(await visitor.widget.getByText('called twice').count(), 0);
  await ben.leave();
  await visitor.leave();
});

// IN-5
test('a conversation is closed, a reply is not possible, and it is reopened', async () => {
  const visitor = await visitorSays('That was all');
  await desk.opens('That was all');
  await desk.write('Good-bye.');
  await visitor.sees('Good-bye.');
  await desk.button('Close').click();
  await desk.logs('Closed by you');
  await desk.page.getByText('Reopen it to reply').waitFor();
  assert.equal(await desk.field.count(), 0);
  await desk.tab('Closed');
  await desk.row('Good-bye.').waitFor();
  await desk.screenshot('closed');
  await desk.button('Reopen').click();
  await desk.logs('Reopened by you');
  await desk.write('One more thing.');
  await visitor.sees('One more thing.');
  await desk.button('Close').click();
  await desk.logs('Closed by you');
  await visitor.write('And one of mine.');
  await desk.sees('And one of mine.');
  await desk.button('Close').waitFor();
  await visitor.leave();
});

// BY-3
test('who is Available gets what waits, and the decision says why', async () => {
  const visitor = await visitorSays('Who takes me?');
  await desk.tab('All');
  await desk.opens('Who takes me?');
  await desk.button('Take it').waitFor();
  await desk.status('available');
  await desk.logs('Assigned to you by routing');
  await desk.page.getByText('Why this agent?').first().click();
  const chosen = desk.page.locator('.why tr[data-verdict=chosen]');
  assert.match(await chosen.innerText(), /Ada \(you\)/);
  await desk.screenshot('why');
  await desk.status('away');
  const second = await visitorSays('And me?');
  await desk.tab('Waiting');
  await desk.row('And me?').waitFor();
  await second.leave();
  await visitor.leave();
});

test('a reload keeps the place, the draft, the thread and the session', async () => {
  const visitor = await visitorSays('Keep all of this');
  await desk.tab('All');
  await desk.opens('Keep all of this');
  await desk.comment('As it was.');
  await desk.field.fill('half a sente');
  const before = await desk.texts();
  await desk.page.reload();
  await desk.sees('As it was.');
  assert.deepEqual(await desk.texts(), before);
  assert.equal(await desk.field.inputValue(), 'half a sente');
  await desk.page.locator('.tab[aria-selected=true]', { hasText: 'All' }).waitFor();
  await visitor.leave();
});

test('whatever somebody writes stays text, and only web addresses become links', async () => {
  const text = '<img src=x onerror=alert(1)> javascript:alert(1) https://a.example/?q=1.';
  const visitor = await visitorSays(text);
  await desk.opens('onerror');
  assert.deepEqual((await desk.texts()).at(-1), text);
  assert.equal(await desk.page.locator('.thread img').count(), 0);
  const links = desk.page.locator('.thread a');
  assert.equal(await links.count(), 1);
  assert.equal(await links.getAttribute('href'), 'https://a.example/?q=1');
  assert.equal(await links.getAttribute('rel'), 'noopener noreferrer nofollow');
  await visitor.leave();
  assert.deepEqual(desk.errors, []);
});

test('a long conversation opens at its end and is read back to its beginning', async () => {
  const visitor = await visitorSays('The long one');
  const ada = await Agent.signIn(node);
  ada.send({ type: 'status', status: 'away' });
  const conversation = await ada.finds('The long one');
  for (let count = 1; count <= 240; count += 1) await ada.says(conversation, `line ${count}`);
  await desk.tab('All');
  await desk.opens('line 240');
  await desk.sees('line 240');
  assert((await desk.texts()).length <= 100, 'only the end is loaded');
  const thread = desk.page.locator('.thread');
  await until(
    async () => {
      await thread.evaluate((box) => box.scrollTo(0, 0));
      return (await desk.texts()).includes('The long one');
    },
    () => 'the beginning was not loaded',
  );
  const lines = (await desk.texts()).filter((text) => text.startsWith('line '));
  assert.deepEqual(
    lines,
    Array.from({ length: 240 }, (_, index) => `line ${index + 1}`),
  );
  await ada.says(conversation, 'and the end');
  await desk.page.getByRole('button', { name: 'New messages' }).click();
  await desk.sees('and the end');
  ada.leave();
  await visitor.leave();
});

test('all of it goes by keyboard', async () => {
  const visitor = await visitorSays('By keyboard, please');
  await desk.tab('All');
  await desk.row('By keyboard').waitFor();
  const { keyboard } = desk.page;
  await keyboard.press('Escape');
  await desk.page.evaluate(() => document.activeElement.blur());
  await keyboard.press('j');
  assert.equal(await desk.page.locator('.row:focus').count(), 1);
  await desk.row('By keyboard').focus();
  await keyboard.press('Enter');
  await desk.page.locator('textarea:focus').waitFor();
  await keyboard.type('first line');
  await keyboard.press('Shift+Enter');
  await keyboard.type('second line');
  await keyboard.press('Control+Enter');
  await visitor.sees('second line');
  await desk.button('Assign to…').focus();
  await keyboard.press('Enter');
  await desk.page.locator('[role=menuitemradio]:focus').waitFor();
  // The last one is handing over with a note.
  await keyboard.press('End');
  await keyboard.press('ArrowUp');
  await keyboard.press('Enter');
  await desk.logs('You assigned it to nobody');
  await visitor.leave();
});
