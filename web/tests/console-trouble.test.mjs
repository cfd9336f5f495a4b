// The console when the line or the node is lost, unattended, on a phone, in the dark.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Console, MANY_SIGN_INS } from './console-page.mjs';
import { Network, Node, PHONE, startBrowser, Visitor } from './harness.mjs';

let node, browser, network, brittle;

before(async () => {
  node = await Node.start(MANY_SIGN_INS);
  network = await Network.to(node.port);
  browser = await startBrowser(node);
  brittle = await startBrowser(node, network);
});

after(async () => {
  await browser?.close();
  await brittle?.close();
  network?.close();
  await node?.stop();
});

async function visitorSays(text) {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.write(text);
  await visitor.sees(text, 'sent');
  return visitor;
}

test('what is written while the line is dead survives a reload and arrives once', async () => {
  const visitor = await visitorSays('Are you still there?');
  const desk = await Console.signIn(brittle, node);
  await desk.tab('All');
  await desk.opens('Are you still there?');
  network.losesUp = true;
  await desk.write('Yes, through the noise.');
  await desk.bubble('Yes, through the noise.').getByText('Sending').waitFor();
  network.heal();
  await desk.page.reload();
  await visitor.sees('Yes, through the noise.');
  await desk.bubble('Yes, through the noise.').locator('[data-delivery]').first().waitFor();
  const again = (await visitor.texts(2)).filter((text) => text === 'Yes, through the noise.');
  assert.equal(again.length, 1);
  assert.equal(await desk.bubble('Yes, through the noise.').count(), 1);
  await desk.leave();
  await visitor.leave();
});

test('a cut line is told, and what came meanwhile is there afterwards, once', async () => {
  const visitor = await visitorSays('Before the cut');
  const desk = await Console.signIn(brittle, node);
  await desk.tab('All');
  await desk.opens('Before the cut');
  network.cut();
  await desk.page.getByText('Reconnecting…').waitFor();
  await desk.screenshot('reconnecting');
  await visitor.write('During the cut');
  await visitor.sees('During the cut', 'sent');
  network.heal();
  await desk.page.getByRole('button', { name: 'Try now' }).click();
  await desk.sees('During the cut');
  await desk.page.getByText('Reconnecting…').waitFor({ state: 'detached' });
  assert.equal(await desk.bubble('During the cut').count(), 1);
  await desk.leave();
  await visitor.leave();
});

test('a killed node comes back, and both go on', async () => {
  const visitor = await visitorSays('Before the crash');
  const desk = await Console.signIn(browser, node);
  await desk.tab('All');
  await desk.opens('Before the crash');
  await node.kill();
  await desk.write('Written into the dark');
  await node.start();
  await visitor.sees('Written into the dark');
  await desk.bubble('Written into the dark').locator('[data-delivery]').first().waitFor();
  assert.equal((await desk.texts()).filter((text) => text.startsWith('Written')).length, 1);
  await visitor.write('Still here');
  await desk.sees('Still here');
  await desk.leave();
  await visitor.leave();
});

// IN-21
test('sound and desktop alerts: asked for by a button, silent when muted', async () => {
  const desk = await Console.signIn(browser, node, { before: watchAlerts });
  await desk.status('away');
  assert.equal(await desk.page.evaluate(() => window.asked), 0);
  await desk.page.getByRole('button', { name: 'Turn on desktop alerts' }).click();
  await desk.page.waitForFunction(() => window.asked === 1);
  await desk.page.evaluate(() => {
    document.hasFocus = () => false;
    window.dispatchEvent(new Event('blur'));
  });
  const first = await visitorSays('Ring, please');
  await desk.page.waitForFunction(() => window.alerts.length === 1);
  assert.match(await desk.page.evaluate(() => window.alerts[0]), /Visitor \d{4} is waiting/);
  assert.equal(await desk.page.evaluate(() => window.notes), 2);
  await desk.page.getByRole('button', { name: 'Sound is on' }).click();
  const second = await visitorSays('Silently, please');
  await desk.page.waitForFunction(() => window.alerts.length === 2);
  assert.equal(await desk.page.evaluate(() => window.notes), 2);
  await desk.leave();
  await first.leave();
  await second.leave();
});

test('on a phone one goes from the list into a conversation and back', async () => {
  const visitor = await visitorSays('From the phone');
  const desk = await Console.signIn(browser, node, { device: { ...PHONE, locale: 'en-GB' } });
  await desk.tab('All');
  await desk.row('From the phone').waitFor();
  await desk.screenshot('phone-list');
  await desk.opens('From the phone');
  assert(!(await desk.row('From the phone').isVisible()));
  await desk.write('To the phone');
  await visitor.sees('To the phone');
  await desk.screenshot('phone-conversation');
  await desk.page.getByRole('button', { name: 'About this visitor' }).click();
  await desk.fact('Latest page').waitFor();
  await desk.screenshot('phone-facts');
  await desk.page.getByRole('button', { name: 'Close details' }).click();
  const widest = await desk.page.evaluate(() => document.documentElement.scrollWidth);
  assert(widest <= 390, `the page is ${widest} px wide`);
  await desk.page.getByRole('button', { name: 'Back to the list' }).click();
  await desk.row('To the phone').waitFor();
  await desk.leave();
  await visitor.leave();
});

for (const [name, device] of [
  ['dark', { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' }],
  ['narrow', { viewport: { width: 1024, height: 768 } }],
]) {
  test(`the console at ${name} shows list and conversation side by side`, async () => {
    const visitor = await visitorSays(`Seen at ${name}`);
    const desk = await Console.signIn(browser, node, { device: { ...device, locale: 'en-GB' } });
    await desk.tab('All');
    await desk.opens(`Seen at ${name}`);
    await desk.write('I see.');
    await visitor.sees('I see.');
    assert(await desk.row('I see.').first().isVisible());
    await desk.screenshot(name);
    await desk.leave();
    await visitor.leave();
  });
}

/** Runs in the page: notes what would be heard and seen outside of it. */
function watchAlerts() {
  window.asked = 0;
  window.notes = 0;
  window.alerts = [];
  class Shown {
    static permission = 'default';
    static async requestPermission() {
      window.asked += 1;
      Shown.permission = 'granted';
      return Shown.permission;
    }
    constructor(title) {
      window.alerts.push(title);
    }
  }
  window.Notification = Shown;
  const make = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    window.notes += 1;
    return make.call(this);
  };
}
