// The settings of users: accounts, seats, limits, hours, absences, status, deactivation.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { BEN, MANY_SIGN_INS } from './console-page.mjs';
import { Node, PASSWORD, startBrowser, until } from './harness.mjs';
import { Admin, isBlamed, NEW_PASSWORD, Pages, POCKET } from './settings-page.mjs';

let node, browser, admin, pages;

before(async () => {
  node = await Node.start(MANY_SIGN_INS);
  browser = await startBrowser(node);
  admin = await Admin.signIn(node);
  pages = await Pages.signIn(browser, node);
});

after(async () => {
  await browser?.close();
  await node?.kill();
  await node?.stop();
});

async function openUser(name, at = pages) {
  const { id } = await admin.user(name);
  await at.goes(`/users/${id}`, name);
  return id;
}

test('PERM-10: a user is added, and can sign in; what is wrong is at its field', async () => {
  await pages.goes('/users', 'Users');
  await pages.page.getByRole('link', { name: 'Add user' }).click();
  const card = pages.card('Account');
  await card.field('Name').fill('Grace');
  await card.field('E-mail').fill('grace');
  await card.field('Password').fill('short');
  await card.refuses('Is no e-mail address.', 'Add user');
  await isBlamed(card.field('E-mail'), /no e-mail address/);
  await pages.screenshot('new-user-refused');
  await card.field('E-mail').fill('grace@shop.example');
  await card.refuses('Has less than 8 characters.', 'Add user');
  await card.field('Password').fill(NEW_PASSWORD);
  await card.field('Sales').check();
  await card.field('Manage availability').check();
  await card.button('Add user').click();
  await pages.heading('Grace');
  const { seat, permissions, email } = await admin.user('Grace');
  assert.deepEqual([seat, permissions], ['sales', ['availability_management']]);
  const grace = await Pages.signIn(browser, node, { email, password: NEW_PASSWORD });
  await grace.goes('/users', 'Users');
  assert.equal(await grace.page.getByRole('link', { name: 'Add user' }).count(), 0);
  await grace.leave();
});

test('PERM-10: who may not edit users is offered nothing, at typed addresses too', async () => {
  const ben = await Pages.signIn(browser, node, { email: BEN });
  await ben.goes('/users/new', 'Users');
  const { id } = await admin.user('Ada');
  await ben.goes(`/users/${id}`, 'Ada');
  const card = ben.card('Account');
  await card.box.getByText('you need the permission to add and edit users').waitFor();
  assert(await card.field('Name').isDisabled());
  assert.equal(await card.button('Save').count(), 0);
  assert.equal(await ben.page.getByRole('button', { name: 'Deactivate user' }).count(), 0);
  await ben.screenshot('user-locked');
  await ben.goes('/users/new', 'Users');
  const own = await Admin.signIn(node, BEN);
  const answer = await own.asks('PATCH', `/users/${id}`, { name: 'Mallory' });
  assert.equal(answer.status, 403);
  assert.match(answer.body.title, /permission to add and edit users/);
  await ben.leave();
});

test('PERM-10: a permission taken away meanwhile is refused in the words of the node', async () => {
  const helper = await admin.adds('Helper', { permissions: ['users'] });
  const there = await Pages.signIn(browser, node, { email: helper.email, password: NEW_PASSWORD });
  await openUser('Ben', there);
  await admin.does('PATCH', `/users/${helper.id}`, { permissions: [] });
  const card = there.card('Account');
  await card.field('Name').fill('Benjamin');
  await card.button('Save').click();
  await card.box.getByText('This needs the permission to add and edit users.').waitFor();
  assert.equal(await card.field('Name').inputValue(), 'Benjamin', 'nothing typed is lost');
  await there.screenshot('refused');
  assert.equal(await admin.user('Benjamin'), undefined);
  await there.leave();
});

test('PERM-2, PERM-3: each seat says what it does, and is changed', async () => {
  await admin.adds('Seated');
  await openUser('Seated');
  const card = pages.card('Account');
  await card.box.getByText('Is never given a chat automatically.').waitFor();
  await card.box.getByText('help-desk tickets automatically').waitFor();
  await card.field('No seat').check();
  await card.saves();
  assert.equal((await admin.user('Seated')).seat, 'none');
  await pages.card('Skills').box.getByText('Skills need a Service seat.').waitFor();
});

test('PERM-1: permissions are granted and taken, but by nobody without them', async () => {
  const boss = await admin.adds('Half Boss', { permissions: ['users', 'chatflows'] });
  await admin.adds('Novice');
  const there = await Pages.signIn(browser, node, { email: boss.email, password: NEW_PASSWORD });
  await openUser('Novice', there);
  const card = there.card('Account');
  assert(await card.field('Routing rules').isDisabled());
  assert(await card.field('Super admin').isDisabled());
  await card.field('Chatflows').check();
  await card.saves();
  assert.deepEqual((await admin.user('Novice')).permissions, ['chatflows']);
  await card.field('Chatflows').uncheck();
  await card.saves();
  assert.deepEqual((await admin.user('Novice')).permissions, []);
  await openUser('Ada', there);
  await there.page.getByText('Only a super admin can change a super admin.').waitFor();
  await there.leave();
});

test('CAP-2: a limit of their own, or as the account says; none is said in words', async () => {
  await admin.adds('Limited');
  await openUser('Limited');
  const card = pages.card('Account');
  await pages.region('Status').getByText('0 chats, no limit').waitFor();
  await card.field('A limit of their own').check();
  await card.field('Chats at once').fill('0');
  await card.refuses('Must be a number from 1 to 10000.');
  await isBlamed(card.field('Chats at once'), /from 1 to 10000/);
  await card.field('Chats at once').fill('3');
  await card.saves();
  assert.equal((await admin.user('Limited')).capacity_override, 3);
  await pages.region('Status').getByText('0 of 3 chats').waitFor();
  await card.field('As the account says').check();
  await card.saves();
  assert.equal((await admin.user('Limited')).capacity_override, null);
  assert.doesNotMatch(await pages.page.innerText('body'), /4294967295/);
});

test('PERM-9: who edits users sees the limit of chats, but does not change it', async () => {
  const helper = await admin.adds('Limiter', { permissions: ['users'] });
  const { id } = await admin.adds('Bounded', { capacity_override: 4 });
  const there = await Pages.signIn(browser, node, { email: helper.email, password: NEW_PASSWORD });
  await openUser('Bounded', there);
  const card = there.card('Account');
  await card.box.getByText('Only a super admin can change the limit.').first().waitFor();
  assert.equal(await card.field('Chats at once').inputValue(), '4');
  for (const name of ['As the account says', 'A limit of their own', 'Chats at once']) {
    assert(await card.field(name).isDisabled(), name);
  }
  await card.field('Name').fill('Bounded anew');
  await card.saves();
  const own = await Admin.signIn(node, helper.email, NEW_PASSWORD);
  const answer = await own.asks('PATCH', `/users/${id}`, { capacity_override: 9 });
  assert.equal(answer.status, 403);
  assert.equal((await admin.user('Bounded anew')).capacity_override, 4);
  await there.leave();
});

test('AV-32: working hours are added, refused at their row, taken out and kept', async () => {
  await admin.adds('Worker');
  const id = await openUser('Worker');
  const card = pages.card('Working hours');
  await card.field('Time zone').selectOption('Europe/Berlin');
  await card.button('Add hours').click();
  await card.button('Add hours').click();
  await card.field('Days of hours 2').getByLabel('Monday').check();
  await card.field('Start of hours 2').fill('12:00');
  await card.field('End of hours 2').fill('18:00');
  await card.button('Save').click();
  const second = card.box.getByRole('group', { name: 'Hours 2', exact: true });
  await second.getByText('Overlaps another row.').waitFor();
  await pages.screenshot('hours-overlap');
  assert.deepEqual((await admin.gets(`/users/${id}/hours`)).weekly, []);
  await card.button('Remove hours 1').click();
  await card.field('Start of hours 1').fill('20:00');
  await card.field('End of hours 1').fill('02:00');
  await card.box.getByText('Until 02:00 of the next day.').waitFor();
  await card.saves();
  const weekly = [{ days: ['monday'], start: '20:00', end: '02:00' }];
  const kept = { time_zone: 'Europe/Berlin', weekly, out_of_office: [] };
  assert.deepEqual(await admin.gets(`/users/${id}/hours`), kept);
  await card.field('End of hours 1').fill('00:00');
  await card.saves();
  assert.equal((await admin.gets(`/users/${id}/hours`)).weekly[0].end, '24:00');
});

test('AV-32: one sets hours of one’s own; those of others, a super admin', async () => {
  const ben = await Pages.signIn(browser, node, { email: BEN });
  await openUser('Ada', ben);
  await ben.page.getByText('Only a super admin and the user can change working hours.').waitFor();
  assert.equal(await ben.card('Working hours').button('Add hours').count(), 0);
  const { id } = await admin.user('Ben');
  await ben.goes(`/users/${id}`, 'Ben (you)');
  await ben.card('Working hours').button('Add hours').click();
  await ben.card('Working hours').saves();
  assert.equal((await admin.gets(`/users/${id}/hours`)).weekly.length, 1);
  await ben.leave();
});

test('AV-33: dates out of office are added, refused where they end before they begin', async () => {
  await admin.adds('Traveller');
  const id = await openUser('Traveller');
  const card = pages.card('Working hours');
  await card.button('Add dates').click();
  await card.field('Start of dates 1').fill('2031-12-24T12:00');
  await card.field('End of dates 1').fill('2031-12-24T09:00');
  await card.refuses('Is not after from.');
  await isBlamed(card.field('End of dates 1'), /not after/);
  await card.field('End of dates 1').fill('2032-01-04T00:00');
  await card.saves();
  const dates = [{ from: '2031-12-24T12:00', until: '2032-01-04T00:00' }];
  assert.deepEqual((await admin.gets(`/users/${id}/hours`)).out_of_office, dates);
  await card.button('Remove dates 1').click();
  await card.saves();
  assert.deepEqual((await admin.gets(`/users/${id}/hours`)).out_of_office, []);
});

test('AV-35: the head of a user shows status and today’s hours, and leads to them', async () => {
  const { id } = await admin.adds('Headed');
  const head = pages.region('Status');
  await openUser('Headed');
  await head.getByText('No working hours').waitFor();
  const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
  const hours = { time_zone: 'UTC', weekly: [{ days, start: '08:30', end: '16:00' }] };
  await admin.does('PUT', `/users/${id}/hours`, { ...hours, out_of_office: [] });
  await pages.goes('/users', 'Users');
  await openUser('Headed');
  await head.getByText('Today 08:30 to 16:00 (UTC)').waitFor();
  await head.getByRole('link', { name: 'Edit working hours' }).click();
  const zone = pages.card('Working hours').field('Time zone');
  await until(() => zone.evaluate((it) => it === document.activeElement));
  const far = [{ from: '2020-01-01T00:00', until: '2031-01-04T00:00' }];
  await admin.does('PUT', `/users/${id}/hours`, { ...hours, out_of_office: far });
  await pages.goes('/users', 'Users');
  await openUser('Headed');
  await head.getByText('Out of office until 4 Jan 2031').waitFor();
});

test('AV-31, PERM-8: a status is set on a user’s page, by who may, and says by whom', async () => {
  await openUser('Ben');
  const head = pages.region('Status');
  await head.getByRole('switch', { checked: true }).click();
  await head.getByRole('switch', { checked: false }).waitFor();
  await head.getByText('Set by you').waitFor();
  assert.equal((await admin.user('Ben')).status, 'away');
  const ben = await Pages.signIn(browser, node, { email: BEN });
  await openUser('Ada', ben);
  await ben.region('Status').locator('strong', { hasText: 'Available' }).waitFor();
  assert.equal(await ben.region('Status').getByRole('switch').count(), 0);
  await ben.leave();
});

test('users are found by words, seat, team and state; each is a card on a phone', async () => {
  const { id } = await admin.adds('Zoë Quist', { seat: 'none' });
  await admin.does('POST', '/teams', { name: 'Finders', main_members: [id] });
  await pages.goes('/users', 'Users');
  await pages.page.getByPlaceholder('Find by name or e-mail').fill('zoe');
  await pages.row('Zoë Quist').waitFor();
  await pages.page.getByText('1 user', { exact: true }).waitFor();
  await pages.page.getByRole('combobox', { name: 'Seat' }).selectOption('sales');
  await pages.page.getByText('Nobody fits.').waitFor();
  await pages.page.getByRole('button', { name: 'Show all active users' }).click();
  await pages.page.getByRole('combobox', { name: 'Team' }).selectOption('Finders');
  await pages.page.getByText('1 user', { exact: true }).waitFor();
  const phone = await Pages.signIn(browser, node, { device: POCKET });
  await phone.page.getByRole('link', { name: 'Settings' }).click();
  await phone.screenshot('phone-sections');
  await phone.page.getByRole('link', { name: 'Users' }).click();
  await phone.row('Zoë Quist').waitFor();
  await phone.screenshot('phone-users');
  const wide = await phone.page.evaluate(() => document.documentElement.scrollWidth);
  assert(wide <= POCKET.viewport.width, `the page is ${wide} wide`);
  await phone.row('Zoë Quist').getByRole('link').click();
  await phone.heading('Zoë Quist');
  await phone.leave();
});

test('deactivating says what becomes of the chats, signs out, and is taken back', async () => {
  const user = await admin.adds('Leaver');
  const leaver = await Pages.signIn(browser, node, { email: user.email, password: NEW_PASSWORD });
  await openUser('Leaver');
  await pages.page.getByRole('button', { name: 'Deactivate user' }).click();
  await pages.dialog().getByText('They have no active chats.').waitFor();
  await pages.screenshot('deactivate');
  await pages.page.keyboard.press('Escape');
  assert.equal(await pages.dialog().count(), 0);
  assert.equal((await admin.user('Leaver')).deactivated_at_ms, null);
  await pages.page.getByRole('button', { name: 'Deactivate user' }).click();
  await pages.dialog().getByRole('button', { name: 'Deactivate' }).click();
  await pages.region('Status').getByText('Deactivated').waitFor();
  await leaver.page.getByRole('heading', { name: 'Sign in to the console' }).waitFor();
  await leaver.leave();
  await pages.goes('/users', 'Users');
  await pages.page.getByText(/^\d+ users$/).waitFor();
  assert.equal(await pages.row('Leaver').count(), 0, 'only the active ones at first');
  await openUser('Leaver');
  await pages.page.getByRole('button', { name: 'Reactivate user' }).click();
  await pages.dialog().getByRole('button', { name: 'Reactivate' }).click();
  await pages.region('Status').getByRole('switch').waitFor();
  await Admin.signIn(node, user.email, NEW_PASSWORD);
});

test('what is not saved is not lost by a click elsewhere', async () => {
  await openUser('Ben');
  const field = pages.card('Account').field('Name');
  await field.fill('Ben the second');
  await pages.page.getByRole('link', { name: 'Chats', exact: true }).click();
  await pages.dialog().getByText('is not saved').waitFor();
  await pages.screenshot('unsaved');
  await pages.dialog().getByRole('button', { name: 'Stay here' }).click();
  assert.equal(await field.inputValue(), 'Ben the second');
  await pages.page.getByRole('link', { name: 'Chats', exact: true }).click();
  await pages.dialog().getByRole('button', { name: 'Discard changes' }).click();
  await pages.page.locator('.rows-box').waitFor();
  assert.equal((await admin.user('Ben')).name, 'Ben');
});

test('a session that ended leads to the sign-in page', async () => {
  const there = await Pages.signIn(browser, node, { email: BEN });
  await there.goes('/capacity', 'Capacity limits');
  const own = await Admin.signIn(node, BEN, PASSWORD);
  await own.does('DELETE', '/session');
  await there.desk.context.clearCookies();
  await there.goes('/teams');
  await there.page.getByRole('heading', { name: 'Sign in to the console' }).waitFor();
  await there.leave();
});
