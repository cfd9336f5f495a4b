// The widget by the rules of WCAG 2.2 AA: light and dark, on a laptop and a phone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADA, Console, MANY_SIGN_INS } from './console-page.mjs';
import { BareVisitor, DESKTOP, Node, startBrowser, Visitor } from './harness.mjs';
import { assertAccessible, faultsOf } from './harness/axe.mjs';
import { Admin } from './settings-page.mjs';

const LAPTOP = { ...DESKTOP, locale: 'en-GB' };
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

let node, browser, admin, chatflow;

before(async () => {
  node = await Node.start({
    ...MANY_SIGN_INS,
    // Nobody takes mail there: promises are made, and that is all that this needs.
    SALOTTO_MAIL__URL: 'smtp+plain://127.0.0.1:9',
    SALOTTO_MAIL__FROM: 'chat@shop.example',
    SALOTTO_GATEWAY__PUBLIC_URL: 'https://chat.shop.example',
  });
  browser = await startBrowser(node);
  admin = await Admin.signIn(node);
  chatflow = (await admin.gets('/chatflows')).chatflows[0].id;
  await admin.does('PATCH', `/users/${admin.id}`, { capacity_override: 1 });
});

after(async () => {
  await browser?.close();
  await node?.stop();
});

/** The page with the launcher, and the widget in it once that is open. */
async function looks(visitor, name) {
  const { page } = visitor;
  const isWidget = (frame) => new URL(frame.url()).pathname.startsWith('/widget/');
  const frames = () => [page.mainFrame(), ...page.frames().filter(isWidget)];
  const picture = (file) => visitor.screenshot(`widget-${file}`);
  await assertAccessible(page, name, { frames, picture });
}

function signsIn() {
  return Console.signIn(browser, node, { email: ADA, device: LAPTOP });
}

test('what axe is to find, it finds: in the light, in the dark, and in the widget', async () => {
  const desk = await Console.open(browser, node, { device: LAPTOP });
  await desk.page.getByLabel('E-mail').waitFor();
  for (const [colorScheme, pale] of [
    ['light', '#ddd'],
    ['dark', '#333'],
  ]) {
    await desk.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const heading = desk.page.getByRole('heading', { level: 1 });
    await heading.evaluate((it, color) => (it.style.color = color), pale);
    const faults = await faultsOf(desk.page.mainFrame());
    assert.match(faults.join(), /^color-contrast: #sign-in-title/u);
  }
  await desk.leave();
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  const frame = visitor.page.frames().find((each) => each.url().includes('/widget/'));
  await frame.evaluate(() => document.querySelector('button.close').removeAttribute('aria-label'));
  assert.match((await faultsOf(frame)).join('\n'), /^button-name: \.close/mu);
  await visitor.leave();
});

test('the widget: closed, open, in a conversation, and when the node is gone', async () => {
  const desk = await signsIn();
  await desk.status('away');
  const visitor = await Visitor.arrive(browser, node);
  await visitor.launcher.waitFor();
  await looks(visitor, 'closed');
  await visitor.open();
  await looks(visitor, 'open');
  await visitor.write('Hello, is the fern poisonous? I have a cat.');
  await visitor.sees('poisonous', 'sent');
  await looks(visitor, 'waiting');
  await desk.tab('Waiting');
  await desk.opens('poisonous');
  await desk.write('It is not: https://shop.example/fern');
  await visitor.sees('It is not');
  await desk.field.pressSequentially('But th');
  await visitor.widget.locator('.typing').waitFor();
  await looks(visitor, 'conversation');
  await visitor.launcher.click();
  await desk.write('But the lily is.');
  await visitor.page.locator('salotto-chat .preview').waitFor();
  await looks(visitor, 'preview');
  await visitor.open();
  await desk.button('Close').click();
  await visitor.widget.getByText('Conversation closed').waitFor();
  await looks(visitor, 'ended');
  await visitor.leave();
  await desk.leave();
});

test('the widget: notices of those who are away, the queue, and an answer by e-mail', async () => {
  const away = { show: 'away_message', text: 'We are at lunch until two.' };
  const path = `/chatflows/${chatflow}/availability`;
  const weekly = [{ days: DAYS, start: '00:00', end: '24:00' }];
  const desk = await signsIn();
  await desk.status('away');
  await admin.does('PUT', path, { mode: 'hours', hours: { weekly }, away });
  const absent = await Visitor.arrive(browser, node);
  await absent.open();
  await absent.widget.getByText('We are at lunch').waitFor();
  await looks(absent, 'away');
  await absent.leave();
  await admin.does('PUT', path, {});
  await admin.does('PUT', `/chatflows/${chatflow}/patience`, { wait_ms: 0 });
  await desk.status('available');
  const other = await BareVisitor.begins(node, 'I keep everybody busy');
  await desk.tab('Mine');
  await desk.row('everybody busy').waitFor();

  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.write('Is the lamp still there?');
  const offer = visitor.widget.getByRole('region', { name: 'Answer by e-mail' });
  const field = offer.getByRole('textbox', { name: 'Your e-mail address' });
  await field.waitFor();
  await looks(visitor, 'offer');
  await field.fill('grace@mail');
  await field.press('Enter');
  await offer.getByText('not a complete e-mail address').waitFor();
  await looks(visitor, 'offer-wrong');
  await field.fill('grace@mail.example');
  await field.press('Enter');
  await offer.getByText('We will answer by e-mail.').last().waitFor();
  await looks(visitor, 'promised');
  await desk.tab('Waiting');
  await desk.opens('Is the lamp');
  await desk.button('Take it').waitFor();
  await assertAccessible(desk.page, 'desk-promised');
  other.leave();
  await visitor.leave();
  await desk.leave();
});

/** The last one: the node is gone afterwards. */
test('what console and widget show when the node is gone', async () => {
  const desk = await signsIn();
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await node.kill();
  await desk.page.getByText('Reconnecting…').waitFor();
  const picture = (file) => desk.screenshot(file);
  await assertAccessible(desk.page, 'no-node', { picture });
  await visitor.widget.locator('.banner p').waitFor();
  await looks(visitor, 'no-node');
  await visitor.write('Did you get this?');
  await visitor.sees('Did you get this?', 'sending');
  await looks(visitor, 'sending');
  await visitor.leave();
  await desk.leave();
});
