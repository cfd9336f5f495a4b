// Every page of the console by the rules of WCAG 2.2 AA: light and dark, on a laptop and a phone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADA, BEN, Console, MANY_SIGN_INS } from './console-page.mjs';
import { BareVisitor, DESKTOP, Node, startBrowser, until } from './harness.mjs';
import { assertAccessible } from './harness/axe.mjs';
import { Admin, Pages } from './settings-page.mjs';

const LAPTOP = { ...DESKTOP, locale: 'en-GB' };
const CLEO = 'cleo@demo.salotto.example';

let node, browser, admin, inbox, team;

before(async () => {
  node = await Node.start(MANY_SIGN_INS);
  browser = await startBrowser(node);
  admin = await Admin.signIn(node);
  inbox = admin.inboxes[0].id;
  await admin.does('PATCH', `/users/${admin.id}`, { capacity_override: 1 });
  await admin.hires('Cleo');
  const ben = await admin.user('Ben');
  team = (await admin.does('POST', '/teams', { name: 'Nights', main_members: [ben.id] })).id;
  await admin.does('POST', '/skills', { category: 'Garden', names: ['Roses', 'Tulips'] });
  const [roses] = (await admin.gets('/skills')).categories[0].skills;
  const skills = { main_languages: ['de'], skills: [roses.id] };
  await admin.does('PUT', `/users/${admin.id}/skills`, skills);
  const weekly = [{ days: ['monday', 'tuesday'], start: '09:00', end: '17:30' }];
  const out_of_office = [{ from: '2199-01-01T00:00', until: '2199-01-04T08:30' }];
  await admin.does('PUT', `/users/${admin.id}/hours`, { weekly, out_of_office });
});

after(async () => {
  await browser?.close();
  await node?.kill();
  await node?.stop();
});

async function looks(desk, name) {
  const picture = (file) => desk.screenshot(file);
  await assertAccessible(desk.page, name, { picture });
}

function signsIn(email = ADA) {
  return Console.signIn(browser, node, { email, device: LAPTOP });
}

test('the sign-in page, and a password that is refused', async () => {
  const desk = await Console.open(browser, node, { device: LAPTOP });
  await desk.page.getByLabel('E-mail').waitFor();
  await looks(desk, 'sign-in');
  await desk.enter(ADA, 'wrong');
  await desk.page.getByText('E-mail and password do not match').waitFor();
  await looks(desk, 'sign-in-refused');
  await desk.leave();
});

test('every page of the settings, for who may change them', async () => {
  const pages = await Pages.signIn(browser, node, { device: LAPTOP });
  const { desk, page } = pages;
  await desk.status('away');
  const all = [
    ['', 'start'],
    ['/users', 'users'],
    ['/users/new', 'new-user'],
    [`/users/${admin.id}`, 'user'],
    ['/teams', 'teams'],
    ['/teams/new', 'new-team'],
    [`/teams/${team}`, 'team'],
    ['/skills', 'skills'],
    ['/capacity', 'capacity'],
    ['/inboxes', 'inboxes'],
    [`/inboxes/${inbox}`, 'inbox'],
  ];
  for (const [path, name] of all) {
    await pages.goes(path);
    await page.locator('.settings-page h1').waitFor();
    await page.getByText('Loading…').waitFor({ state: 'detached' });
    await looks(desk, `settings-${name}`);
  }
  const links = await page
    .locator('.sections a')
    .evaluateAll((found) => found.map((it) => it.hash));
  const missing = links.filter((hash) => !all.some(([path]) => hash === `#/settings${path}`));
  assert.deepEqual(missing, [], 'a section that nobody has looked at');
  await pages.leave();
});

test('what opens, unfolds and complains in the settings', async () => {
  const pages = await Pages.signIn(browser, node, { device: LAPTOP });
  const { desk, page } = pages;
  await pages.goes('/teams/new', 'Add team');
  const team = pages.card('Team');
  await team.refuses('Must have 1 to 100 characters', 'Add team');
  await team.box.getByRole('combobox', { name: 'Main members' }).fill('e');
  await team.box.getByRole('option').first().waitFor();
  await looks(desk, 'settings-suggestions');
  await page.keyboard.press('Escape');
  await team.field('Name').fill('Unsaved');
  await pages.goes('/skills');
  await pages.dialog().getByText('that is not saved').waitFor();
  await looks(desk, 'settings-unsaved');
  await pages.dialog().getByRole('button', { name: 'Discard changes' }).click();
  const garden = pages.region('Garden');
  await garden.getByText('1 user').click();
  await looks(desk, 'settings-skills-unfolded');
  await garden.getByRole('button', { name: 'Rename Roses' }).click();
  await pages.dialog().getByLabel('Name').fill('');
  await pages.dialog().getByRole('button', { name: 'Rename' }).click();
  await pages.dialog().getByText('Must have 1 to 100 characters').waitFor();
  await looks(desk, 'settings-rename-refused');
  await pages.dialog().getByRole('button', { name: 'Cancel' }).click();
  await garden.getByRole('button', { name: 'Delete Tulips' }).click();
  await pages.dialog().getByText('cannot be undone').waitFor();
  await looks(desk, 'settings-delete');
  await pages.dialog().getByRole('button', { name: 'Cancel' }).click();
  await pages.goes('/capacity', 'Capacity limits');
  const card = pages.card('For everybody');
  await card.box.getByRole('switch', { name: 'Turn on capacity limit' }).click();
  await card.field('Chats at once, for each user').fill('10001');
  await card.refuses('Must be a number from 1 to 10000.');
  await looks(desk, 'settings-capacity-refused');
  await card.button('Undo changes').click();
  await pages.goes(`/inboxes/${inbox}`);
  await pages.card('Access').field('Specific users and teams').check();
  await pages.card('Access').refuses('nobody could answer');
  await looks(desk, 'settings-inbox-refused');
  await pages.leave();
});

test('the settings of who may only look, and those that cannot be loaded', async () => {
  const pages = await Pages.signIn(browser, node, { email: CLEO });
  const { desk, page } = pages;
  for (const [path, name] of [
    ['/users', 'users'],
    [`/users/${admin.id}`, 'user'],
    [`/teams/${team}`, 'team'],
    ['/skills', 'skills'],
    ['/capacity', 'capacity'],
    [`/inboxes/${inbox}`, 'inbox'],
  ]) {
    await pages.goes(path);
    await page.locator('.settings-page h1').waitFor();
    await page.getByText('Loading…').waitFor({ state: 'detached' });
    await looks(desk, `locked-${name}`);
  }
  await page.route('**/api/v1/users', (route) => route.abort());
  await page.reload();
  await page.getByText('The settings could not be loaded.').waitFor();
  await looks(desk, 'settings-failed');
  await pages.leave();
});

test('the desk: its lists, a conversation, who it goes to and why, and its end', async () => {
  const desk = await signsIn();
  const { page } = desk;
  await desk.status('away');
  await desk.tab('Waiting');
  await looks(desk, 'desk-empty');
  const first = await BareVisitor.begins(node, 'Do you deliver on Saturdays, and to where?');
  const second = await BareVisitor.begins(node, 'The second one: https://shop.example/pots');
  await desk.row('The second one').waitFor();
  await looks(desk, 'desk-waiting');
  await desk.status('available');
  await desk.tab('Mine');
  await desk.opens('Do you deliver');
  await desk.logs('Assigned to you by routing');
  await desk.write('We do, within the city.');
  await desk.bubble('within the city').locator('[data-delivery]').waitFor();
  await desk.comment('She asked last week, too.');
  await page.getByText('Why this agent?').first().click();
  await looks(desk, 'desk-conversation');
  await page.getByRole('button', { name: 'Show the decision' }).click();
  await page.getByRole('tab', { name: 'Comment' }).click();
  await desk.field.fill('x'.repeat(17_000));
  await page.getByText('Too long by').waitFor();
  await looks(desk, 'desk-comment-too-long');
  await desk.field.fill('');
  await page.getByRole('tab', { name: 'Reply' }).click();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'About this visitor' }).click();
  await looks(desk, 'desk-facts');
  await page.getByRole('button', { name: 'Close details' }).click();
  await page.setViewportSize(LAPTOP.viewport);
  await desk.button('Assign to…').click();
  await page.getByRole('menuitemradio', { name: /Ben/ }).waitFor();
  await looks(desk, 'desk-assign');
  await page.getByRole('menuitem', { name: /note/ }).click();
  await page.getByRole('dialog', { name: 'Hand over' }).waitFor();
  await looks(desk, 'desk-hand-over');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await desk.status('away');
  await desk.button('Close').click();
  await page.getByText('Reopen it to reply').waitFor();
  await desk.tab('Closed');
  await desk.row('within the city').waitFor();
  await looks(desk, 'desk-closed');
  await page.getByLabel('Find in this list').fill('nothing of this kind');
  await page.getByText('Nothing here has these words.').waitFor();
  await looks(desk, 'desk-nothing-found');
  await page.getByLabel('Find in this list').fill('');
  await desk.tab('Waiting');
  await desk.opens('The second one');
  await desk.button('Take it').waitFor();
  await looks(desk, 'desk-take');
  await desk.button('Close').click();
  await page.getByText('Reopen it to reply').waitFor();
  first.leave();
  second.leave();
  await desk.leave();
});

test('the pages of the team: colleagues, the live view, and being set to Away', async () => {
  const desk = await signsIn();
  const ben = await signsIn(BEN);
  const { page } = desk;
  await desk.status('away');
  await ben.status('available');
  await page.goto(`${node.base}/console/#/live`);
  await page.getByText('Nobody is waiting.').waitFor();
  await looks(desk, 'live-empty');
  await page.goto(`${node.base}/console/#/colleagues`);
  const line = page.locator('.team-table tbody tr', { hasText: 'Ben' });
  await line.getByRole('combobox').selectOption('Away');
  await line.getByText('set by you').waitFor();
  await looks(desk, 'colleagues');
  await ben.page.getByRole('alert').getByText('Ada set you to Away.').waitFor();
  await looks(ben, 'set-away');
  await page.route('**/status', (route) => route.abort());
  await line.getByRole('combobox').selectOption('Available');
  await page.getByText('The status did not change.').waitFor();
  await looks(desk, 'toast');
  const visitors = [await BareVisitor.begins(node, 'Is anybody there?')];
  visitors.push(await BareVisitor.begins(node, 'My order has not arrived'));
  await page.goto(`${node.base}/console/#/live`);
  await page.locator('.live-wait').nth(1).waitFor();
  await looks(desk, 'live');
  await page.getByRole('button', { name: /^Assign/ }).first().click();
  await page.getByRole('menuitemradio', { name: /Ben/ }).waitFor();
  await looks(desk, 'live-assign');
  await ben.page.goto(`${node.base}/console/#/live`);
  await ben.page.getByText('for those who set routing rules or manage availability').waitFor();
  await looks(ben, 'live-not-for-you');
  await ben.page.goto(`${node.base}/console/#/colleagues`);
  await ben.page.getByText('needs the permission “Manage availability”').waitFor();
  await looks(ben, 'colleagues-only-look');
  for (const visitor of visitors) visitor.leave();
  await closesAll(desk);
  await ben.leave();
  await desk.leave();
});

/** Nobody waits when the next test begins. */
async function closesAll(desk) {
  await desk.page.goto(`${node.base}/console/#/waiting`);
  const rows = desk.page.locator('.row');
  await rows.first().waitFor();
  for (let left = await rows.count(); left > 0; left -= 1) {
    await rows.first().click();
    await desk.button('Close').click();
    await until(async () => (await rows.count()) < left, () => 'it still waits');
  }
}
