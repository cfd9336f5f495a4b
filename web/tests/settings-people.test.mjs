// The settings of teams, skills, capacity and inboxes, in Chromium and over REST.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { BEN, MANY_SIGN_INS } from './console-page.mjs';
import { Node, startBrowser, until } from './harness.mjs';
import { Admin, isBlamed, NEW_PASSWORD, Pages, POCKET } from './settings-page.mjs';

let node, browser, admin, pages, inbox;

before(async () => {
  node = await Node.start(MANY_SIGN_INS);
  browser = await startBrowser(node);
  admin = await Admin.signIn(node);
  pages = await Pages.signIn(browser, node);
  const { inboxes } = await admin.gets('/session');
  inbox = inboxes[0].id;
});

after(async () => {
  await browser?.close();
  await node?.kill();
  await node?.stop();
});

async function skillsOf(category) {
  const { categories } = await admin.gets('/skills');
  return categories.find((each) => each.name === category)?.skills ?? [];
}

/** A page of the settings for somebody without a permission. */
async function asBen(path, heading) {
  const ben = await Pages.signIn(browser, node, { email: BEN });
  await ben.goes(path, heading);
  return ben;
}

test('PERM-4, OBJ-11: a team has main and extra members, and nobody is both', async () => {
  const [ann, bob] = [await admin.adds('Ann'), await admin.adds('Bob')];
  await pages.goes('/teams', 'Teams');
  await pages.page.getByRole('link', { name: 'Add team' }).click();
  const card = pages.card('Team');
  await card.refuses('Must have 1 to 100 characters', 'Add team');
  await isBlamed(card.field('Name'), /1 to 100 characters/);
  await card.field('Name').fill('Nights');
  await card.adds('Main members', 'Ann');
  const extra = card.box.getByRole('combobox', { name: 'Extra members' });
  await extra.fill('Ann');
  await card.box.getByText('Nothing left with this name.').waitFor();
  await extra.fill('');
  await card.adds('Extra members', 'Bob');
  await pages.screenshot('new-team');
  await card.button('Add team').click();
  await pages.heading('Nights');
  const team = await admin.team('Nights');
  assert.deepEqual([team.main_members, team.extra_members], [[ann.id], [bob.id]]);
  await pages.card('Team').button('Remove Bob').click();
  await pages.card('Team').saves();
  assert.deepEqual((await admin.team('Nights')).extra_members, []);
  await pages.goes('/teams', 'Teams');
  await pages.row('Nights').getByText('Ann').waitFor();
  await pages.screenshot('teams');
});

test('a name that another team has is refused at the field', async () => {
  await admin.does('POST', '/teams', { name: 'Early' });
  const late = await admin.does('POST', '/teams', { name: 'Late' });
  await pages.goes(`/teams/${late.id}`, 'Late');
  const card = pages.card('Team');
  await card.field('Name').fill('early');
  await card.refuses('Is the name of another team.');
  await isBlamed(card.field('Name'), /another team/);
  await card.button('Undo changes').click();
  assert.equal(await card.field('Name').inputValue(), 'Late');
});

test('a team is deleted after a question, and not while an inbox names it', async () => {
  const members = { name: 'Short-lived', main_members: [admin.id] };
  const team = await admin.does('POST', '/teams', members);
  const access = { to: 'chosen', agents: [], teams: [team.id] };
  await admin.does('PUT', `/inboxes/${inbox}/access`, access);
  await pages.goes(`/teams/${team.id}`, 'Short-lived');
  const remove = pages.page.getByRole('button', { name: 'Delete team' });
  await remove.click();
  await pages.screenshot('delete-team');
  await pages.dialog().getByRole('button', { name: 'Delete team' }).click();
  await pages.region('Delete').getByText('Not deleted. This has access to the inbox').waitFor();
  await admin.does('PUT', `/inboxes/${inbox}/access`, { to: 'everyone' });
  await remove.click();
  await pages.dialog().getByRole('button', { name: 'Delete team' }).click();
  await pages.heading('Teams');
  assert.equal(await admin.team('Short-lived'), undefined);
});

test('SK-2, SK-4: several skills are added to a category at once, and stand there', async () => {
  await pages.goes('/skills', 'Skills');
  const card = pages.card('Add skills');
  await card.field('Category').fill('Products');
  await card.field('Skill').fill('Lamps');
  await card.button('Add another skill').click();
  await card.field('Skill 2').fill('lamps');
  await card.refuses('Is there already, in this category.', 'Add');
  await isBlamed(card.field('Skill 2'), /there already/);
  await pages.screenshot('skills-refused');
  await card.field('Skill 2').fill('Sofas');
  await card.saves('Add');
  const names = (await skillsOf('Products')).map((skill) => skill.name);
  assert.deepEqual(names, ['Lamps', 'Sofas']);
  await pages.region('Products').getByText('Sofas').waitFor();
  assert.equal(await card.field('Category').inputValue(), '', 'the form is blank again');
});

test('SK-3, SK-7: users and teams get main and secondary languages, and skills', async () => {
  await admin.does('POST', '/skills', { category: 'Tools', names: ['Saws'] });
  const [saws] = await skillsOf('Tools');
  const { id } = await admin.adds('Polyglot');
  await pages.goes(`/users/${id}`, 'Polyglot');
  const card = pages.card('Skills');
  await card.adds('Main languages', 'German');
  await card.adds('Secondary languages', 'French');
  await card.adds('Other skills', 'Saws');
  await card.saves();
  const held = { main_languages: ['de'], secondary_languages: ['fr'], skills: [saws.id] };
  assert.deepEqual((await admin.user('Polyglot')).skills, held);
  await pages.screenshot('user-skills');
  const team = await admin.does('POST', '/teams', { name: 'Carpenters' });
  await pages.goes(`/teams/${team.id}`, 'Carpenters');
  await pages.card('Skills').adds('Other skills', 'Saws');
  await pages.card('Skills').saves();
  assert.deepEqual((await admin.team('Carpenters')).skills.skills, [saws.id]);
  await pages.goes('/skills', 'Skills');
  const languages = pages.region('Languages');
  await languages.getByText('Main for 1 user').waitFor();
  await languages.getByText('Secondary for 1 user').waitFor();
});

test('SK-5: a skill and a category are renamed, and it shows who has the skill', async () => {
  await admin.does('POST', '/skills', { category: 'Garden', names: ['Roses'] });
  const [roses] = await skillsOf('Garden');
  const { id } = await admin.adds('Gardener');
  await admin.does('PUT', `/users/${id}/skills`, { skills: [roses.id] });
  await pages.goes('/users', 'Users');
  await pages.goes('/skills', 'Skills');
  const garden = pages.region('Garden');
  await garden.getByText('1 user').click();
  await garden.getByRole('link', { name: 'Gardener' }).waitFor();
  await pages.screenshot('skills');
  await garden.getByRole('button', { name: 'Rename Roses' }).click();
  await pages.dialog().getByLabel('Name').fill('Tulips');
  await pages.page.keyboard.press('Enter');
  await garden.getByText('Tulips').waitFor();
  await garden.getByRole('button', { name: 'Rename the category Garden' }).click();
  await pages.dialog().getByLabel('Name').fill('');
  await pages.dialog().getByRole('button', { name: 'Rename' }).click();
  await pages.dialog().getByText('Must have 1 to 100 characters').waitFor();
  await pages.dialog().getByLabel('Name').fill('Outdoors');
  await pages.dialog().getByRole('button', { name: 'Rename' }).click();
  await pages.region('Outdoors').getByText('Tulips').waitFor();
  assert.deepEqual((await skillsOf('Outdoors'))[0].users, [id]);
  await pages.region('Outdoors').getByText('1 user').click();
  await pages.region('Outdoors').getByRole('link', { name: 'Gardener' }).click();
  await pages.heading('Gardener');
});

test('SK-5: it shows which rules ask for a skill, and it is not deleted under them', async () => {
  await admin.does('POST', '/skills', { category: 'Law', names: ['Contracts'] });
  const [contracts] = await skillsOf('Law');
  const rules = [{ name: 'Lawyers', conditions: [], skills: [contracts.id] }, { name: 'Others' }];
  const json = { assign: true, rules, skipped: [] };
  const there = await Pages.signIn(browser, node);
  await there.page.route('**/api/v1/chatflows/*/assignment', (route) => route.fulfill({ json }));
  await there.goes('/skills', 'Skills');
  const law = there.region('Law');
  await law.getByText('1 rule').click();
  await law.getByText(/Rule “Lawyers” of “.+”/).waitFor();
  await law.getByRole('button', { name: 'Delete Contracts' }).click();
  await there.dialog().getByText('Take it from the rule “Lawyers” first.').waitFor();
  await there.leave();
});

test('SK-6: a skill that somebody has is not deleted, and it says who', async () => {
  await admin.does('POST', '/skills', { category: 'Water', names: ['Boats'] });
  const [boats] = await skillsOf('Water');
  const { id } = await admin.adds('Sailor');
  await admin.does('PUT', `/users/${id}/skills`, { skills: [boats.id] });
  await pages.goes('/users', 'Users');
  await pages.goes('/skills', 'Skills');
  const remove = pages.region('Water').getByRole('button', { name: 'Delete Boats' });
  await remove.click();
  await pages.dialog().getByText('Take it from Sailor first.').waitFor();
  await pages.screenshot('skill-in-use');
  await pages.dialog().getByRole('button', { name: 'Close' }).click();
  await admin.does('PUT', `/users/${id}/skills`, { skills: [] });
  await pages.goes('/users', 'Users');
  await pages.goes('/skills', 'Skills');
  await remove.click();
  // Somebody is given it while the question stands: the node knows better.
  await admin.does('PUT', `/users/${id}/skills`, { skills: [boats.id] });
  await pages.dialog().getByRole('button', { name: 'Delete skill' }).click();
  await pages.dialog().getByText('Is held by 1 users and 0 teams.').waitFor();
  await admin.does('PUT', `/users/${id}/skills`, { skills: [] });
  await pages.dialog().getByRole('button', { name: 'Delete skill' }).click();
  await until(async () => (await skillsOf('Water')).length === 0);
  await until(async () => (await pages.region('Water').count()) === 0);
});

test('PERM-11: skills are for super admins, and for a Service seat', async () => {
  const { id } = await admin.adds('Seller', { seat: 'sales' });
  await pages.goes(`/users/${id}`, 'Seller');
  await pages.card('Skills').box.getByText('Skills need a Service seat.').waitFor();
  assert.equal(await pages.card('Skills').button('Save').count(), 0);
  const ben = await asBen('/skills', 'Skills');
  await ben.page.getByText('Only a super admin can change skills.').waitFor();
  assert.equal(await ben.page.getByRole('button', { name: /^(Rename|Delete|Add)/ }).count(), 0);
  const own = await Admin.signIn(node, BEN);
  const answer = await own.asks('POST', '/skills', { category: 'Mine', names: ['All'] });
  assert.equal(answer.status, 403);
  await ben.leave();
});

test('CAP-1: the limit for everybody is off, is turned on with a number, and holds', async () => {
  await admin.adds('Follower');
  await pages.goes('/capacity', 'Capacity limits');
  const card = pages.card('For everybody');
  const on = card.box.getByRole('switch', { name: 'Turn on capacity limit' });
  assert.equal(await on.getAttribute('aria-checked'), 'false');
  assert.equal((await admin.user('Follower')).capacity, null);
  await pages.screenshot('capacity-off');
  await on.click();
  await card.field('Chats at once, for each user').fill('10001');
  await card.refuses('Must be a number from 1 to 10000.');
  await isBlamed(card.field('Chats at once, for each user'), /1 to 10000/);
  await card.field('Chats at once, for each user').fill('7');
  await card.saves();
  assert.equal((await admin.gets('/account')).capacity_limit, 7);
  await until(async () => (await admin.user('Follower')).capacity === 7);
  await pages.screenshot('capacity-on');
  await on.click();
  await card.saves();
  assert.equal((await admin.gets('/account')).capacity_limit_on, false);
});

test('CAP-6: for how long a chat counts after its last message is set in hours', async () => {
  await pages.goes('/capacity', 'Capacity limits');
  const card = pages.card('For everybody');
  const hours = card.field('A chat counts for so many hours');
  assert.equal(await hours.inputValue(), '12');
  await hours.fill('721');
  await card.refuses('This must be a whole number from 1 to 720.');
  await isBlamed(hours, /from 1 to 720/);
  await hours.fill('2');
  await card.saves();
  const account = await admin.gets('/account');
  assert.equal(account.active_chat_window_ms, 7_200_000);
  await hours.fill('12');
  await card.saves();
});

test('PERM-9: the limit is for super admins alone', async () => {
  const ben = await asBen('/capacity', 'Capacity limits');
  await ben.page.getByText('Only a super admin can change the limit.').waitFor();
  const card = ben.card('For everybody');
  assert(await card.box.getByRole('switch').isDisabled());
  assert.equal(await card.button('Save').count(), 0);
  const own = await Admin.signIn(node, BEN);
  const account = { capacity_limit_on: true, capacity_limit: 1 };
  assert.equal((await own.asks('PUT', '/account', account)).status, 403);
  await ben.leave();
});

test('PERM-5: an inbox is for everyone, or for chosen users and teams', async () => {
  const { id } = await admin.adds('Insider');
  const team = await admin.does('POST', '/teams', { name: 'Insiders' });
  await pages.goes('/inboxes', 'Inboxes');
  const row = pages.page.locator('.card-rows li').first();
  await row.getByText('Everyone').waitFor();
  await row.getByRole('link').click();
  const card = pages.card('Access');
  await card.field('Specific users and teams').check();
  await card.refuses('Agents and teams are empty: nobody could answer.');
  await pages.screenshot('inbox-refused');
  await card.adds('Teams', 'Insiders');
  await card.adds('Users', 'Insider');
  await card.saves();
  const { access } = await admin.gets(`/inboxes/${inbox}/access`);
  assert.deepEqual(access, { to: 'chosen', agents: [id], teams: [team.id] });
  await pages.goes('/inboxes', 'Inboxes');
  await row.getByText('Insiders and Insider').waitFor();
  const outside = await asBen('/inboxes', 'Inboxes');
  await outside.page.getByText('You have access to no inbox.').waitFor();
  await outside.leave();
  await row.getByRole('link').click();
  await card.field('Everyone').check();
  await card.saves();
  const ben = await asBen(`/inboxes/${inbox}`);
  await ben.page.getByText('Only a super admin can change who has access.').waitFor();
  const own = await Admin.signIn(node, BEN);
  const refused = await own.asks('PUT', `/inboxes/${inbox}/access`, { to: 'everyone' });
  assert.equal(refused.status, 403);
  await ben.leave();
});

test('every page is worked with the keys alone, and names whatever has the focus', async () => {
  const { id } = await admin.adds('Typist');
  const there = await Pages.signIn(browser, node);
  for (const path of ['/users', `/users/${id}`, '/teams/new', '/skills', '/capacity']) {
    await there.goes(path);
    await there.page.locator('.settings-page h1').waitFor();
    const stops = await there.page.evaluate(() =>
      [...document.querySelectorAll('.settings :is(a, button, input, select, summary)')]
        .filter((it) => it.checkVisibility() && !it.disabled && it.tabIndex >= 0)
        .map((it) => it.getAttribute('aria-label') ?? it.labels?.[0]?.innerText ?? it.innerText),
    );
    assert(stops.length > 3, `${path} has ${stops.length} stops`);
    for (const name of stops) assert.notEqual(name.trim(), '', `a stop on ${path} has no name`);
  }
  await there.goes('/teams/new', 'Add team');
  const card = there.card('Team');
  await card.field('Name').focus();
  await there.page.keyboard.type('By keys');
  await there.page.keyboard.press('Tab');
  await there.page.keyboard.type('Typist');
  await there.page.keyboard.press('Enter');
  await card.box.getByRole('button', { name: 'Remove Typist' }).waitFor();
  await there.page.keyboard.press('Escape');
  await card.field('Name').focus();
  await there.page.keyboard.press('Enter');
  await there.heading('By keys');
  assert.deepEqual((await admin.team('By keys')).main_members, [id]);
  await there.leave();
});

test('a phone shows one thing at a time, and nothing is wider than it', async () => {
  const phone = await Pages.signIn(browser, node, { device: POCKET });
  const { id } = await admin.user('Ada');
  const paths = ['', '/users/new', `/users/${id}`, '/teams', '/skills', '/capacity', '/inboxes'];
  for (const path of paths) {
    await phone.goes(path);
    await phone.page.locator('.settings h1:visible').first().waitFor();
    const wide = await phone.page.evaluate(() => {
      const page = document.querySelector('.settings-page');
      return Math.max(document.documentElement.scrollWidth, page.scrollWidth);
    });
    assert(wide <= POCKET.viewport.width, `${path} is ${wide} wide`);
    await phone.screenshot(`phone${path.replace(id, 'user').replaceAll('/', '-')}`);
  }
  await phone.page.locator('.settings-back').click();
  await phone.page.getByRole('link', { name: 'Skills' }).click();
  await phone.heading('Skills');
  await phone.leave();
});

test('pages that cannot be loaded say so, and are there after another try', async () => {
  const there = await Pages.signIn(browser, node);
  await there.page.route('**/api/v1/users', (route) => route.abort());
  await there.goes('/users');
  await there.page.getByText('The settings could not be loaded.').waitFor();
  await there.screenshot('failed');
  await there.page.unroute('**/api/v1/users');
  await there.page.getByRole('button', { name: 'Try again' }).click();
  await there.heading('Users');
  const user = await admin.adds('Offline Edit', { password: NEW_PASSWORD });
  await there.goes(`/users/${user.id}`, 'Offline Edit');
  await there.page.route(`**/api/v1/users/${user.id}`, (route) => route.abort());
  const card = there.card('Account');
  await card.field('Name').fill('Edited');
  await card.button('Save').click();
  await card.box.getByText('Not saved: the node cannot be reached. Try again.').waitFor();
  await there.page.unroute(`**/api/v1/users/${user.id}`);
  await card.saves();
  assert.equal((await admin.user('Edited')).id, user.id);
  await there.leave();
});
