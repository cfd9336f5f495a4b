// Conversations that are given to a team by hand, and colleagues who leave, in two browsers.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { BEN, Console, MANY_SIGN_INS, WIDE } from './console-page.mjs';
import { Admin, Node, PHONE, startBrowser, Visitor } from './harness.mjs';

let node, browser, admin, desk;

before(async () => {
  node = await Node.start(MANY_SIGN_INS);
  browser = await startBrowser(node);
  admin = await Admin.signIn(node);
  const ben = await admin.user('Ben');
  const members = { main_members: [ben.id], extra_members: [admin.id] };
  await admin.does('POST', '/teams', { name: 'Service', ...members });
  await admin.does('POST', '/teams', { name: 'Nobody yet', main_members: [], extra_members: [] });
  desk = await Console.signIn(browser, node);
  await desk.status('away');
});

after(async () => {
  await browser?.close();
  await node?.kill();
  await node?.stop();
});

async function visitorSays(text) {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.write(text);
  await visitor.sees(text, 'sent');
  return visitor;
}

test('AS-41, AS-46: a conversation is given to a team, whose member gets it', async () => {
  const ben = await Console.signIn(browser, node, { email: BEN });
  await ben.status('away');
  const visitor = await visitorSays('A case for the service');
  await desk.tab('All');
  await desk.opens('A case for the service');
  await desk.button('Take it').click();
  await desk.logs('You took it');
  await desk.button('Assign to…').click();
  const service = desk.page.getByRole('menuitemradio', { name: /^Service/ });
  await service.waitFor();
  assert.equal(await desk.page.getByRole('menuitemradio', { name: /Nobody yet/ }).count(), 0);
  await desk.screenshot('assign-team-1280');
  await service.click();
  await desk.logs('You gave it to the team Service');
  await desk.row('A case for the service').getByText('For the team Service').waitFor();
  await desk.page.locator('.head-who', { hasText: 'for the team Service' }).waitFor();
  await desk.screenshot('given-to-a-team-1280');
  await desk.page.setViewportSize(PHONE.viewport);
  await desk.screenshot('given-to-a-team-390');
  await desk.page.setViewportSize(WIDE.viewport);

  await desk.status('available');
  await ben.status('available');
  await desk.logs('Assigned to Ben by routing');
  await desk.page.getByText('Why this agent?').first().click();
  await desk.page.getByText('By hand to the team Service: the choice was among these.').waitFor();
  await desk.screenshot('why-a-team');
  assert.deepEqual([...desk.errors, ...ben.errors], []);
  await desk.status('away');
  await ben.leave();
  await visitor.leave();
});

test('AS-41: with a note, by the dialog, and back by hand', async () => {
  const visitor = await visitorSays('A case with a note');
  await desk.tab('All');
  await desk.opens('A case with a note');
  await desk.button('Assign to…').click();
  await desk.page.getByRole('menuitem', { name: 'With a note…' }).click();
  const dialog = desk.page.getByRole('dialog', { name: 'Hand over' });
  await dialog.getByLabel('To', { exact: true }).selectOption({ label: 'The team Service' });
  await dialog.getByLabel('Note (optional)').fill('She wants the blue one.');
  await desk.screenshot('hand-over-to-a-team');
  await dialog.getByRole('button', { name: 'Hand it over' }).click();
  await desk.logs('You gave it to the team Service');
  await desk.page.getByText('She wants the blue one.').waitFor();
  assert.equal(await visitor.widget.getByText(/Service|blue one/).count(), 0);
  await desk.button('Take it').click();
  await desk.logs('You took it');
  await desk.row('A case with a note').getByText('You').waitFor();
  await visitor.leave();
});

test('who is deactivated leaves the team of every open console', async () => {
  const { id } = await admin.hires('Carla Conti');
  const carla = desk.page.locator('.rail').getByText('Carla Conti');
  await carla.waitFor();
  await admin.does('PATCH', `/users/${id}`, { deactivated: true });
  await carla.waitFor({ state: 'detached' });
  await admin.does('PATCH', `/users/${id}`, { deactivated: false });
  await carla.waitFor();
});
